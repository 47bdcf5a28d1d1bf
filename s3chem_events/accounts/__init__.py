"""Organisers: who they are, how they sign in, what each may do."""

from s3chem_events.core.later import spared

# Passkeys and codes bring the whole of cryptography: 12 MB in each web worker, and a tenth of its start. It is loaded
# when a process looks at its first passkey or enciphers its first secret.
with spared(
    {
        "webauthn.registration.verify_registration_response": ("verify_registration_response", "VerifiedRegistration"),
        "webauthn.authentication.verify_authentication_response": (
            "verify_authentication_response",
            "VerifiedAuthentication",  # taken for its name in a signature alone
        ),
        "webauthn.helpers.decoded_public_key_to_cryptography": ("decoded_public_key_to_cryptography",),
        "webauthn.helpers.validate_certificate_chain": ("validate_certificate_chain",),
        "webauthn.helpers.verify_signature": ("verify_signature",),
        "cbor2": (),
        "email_validator": (),
        "cryptography.hazmat.backends": ("default_backend",),
        "cryptography.hazmat.primitives.ciphers": (),
        "cryptography.hazmat.primitives.ciphers.algorithms": (),
        "cryptography.hazmat.primitives.ciphers.modes": (),
        "flask_login.test_client": ("FlaskLoginClient",),  # a debugger comes with it
    }
):
    import flask_security as flask_security  # the first import of it: whoever comes after finds it so
