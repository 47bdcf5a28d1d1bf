"""Organisers: who they are, how they sign in, what each may do."""

from s3chem_events.core.later import spared

# 3 MB for the attestation of Android's keys, which no passkey of ours is asked for.
with spared("webauthn.registration.formats.android_key", functions=("verify_android_key",)):
    import webauthn as webauthn  # the first import of it: whoever comes after finds it so
