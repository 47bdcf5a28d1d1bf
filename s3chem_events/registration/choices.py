"""The closed lists of the forms: organisation types and regions, by which reports count, and countries; pure.

Ids stay for ever.
"""

from functools import cache

from s3chem_events.core import i18n
from s3chem_events.core.i18n import words
from s3chem_events.registration import names

REGIONS: dict[str, str] = {
    "Saxony-Anhalt": "DE",
    "Limburg": "NL",
    "Lombardy": "IT",
    "Catalonia": "ES",
    "Asturias": "ES",
    "Wallonia": "BE",
    "Mazovia": "PL",
    "Other EU": "",
    "Outside the EU": "",
}
"""Region id and its country, where it tells one."""

UNION = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)
"""The member states of the European Union, November 2026."""

ORGANISATION_TYPES: tuple[str, ...] = (
    "sme",
    "large_enterprise",
    "higher_education_research",
    "education_training",
    "business_support",
    "sectoral_agency",
    "local_authority",
    "regional_authority",
    "national_authority",
    "infrastructure_provider",
    "interest_group",
    "egtc",
    "international_organisation",
    "general_public",
    "other",
)


def country_fault(region: str, country: str) -> str:
    """Return what is wrong with a country beside a region, as a code; one of the seven regions tells its country."""
    if region not in REGIONS or REGIONS[region]:
        return ""
    if not country:
        return "missing"
    if region == "Other EU" and country not in UNION:
        return "not_in_the_union"
    return "in_the_union" if region == "Outside the EU" and country in UNION else ""


def organisation_types(language: str) -> dict[str, str]:
    """Return the labels of the organisation types."""
    _ = words(language)
    labels = {
        "sme": _("Small or medium-sized enterprise"),
        "large_enterprise": _("Larger enterprise"),
        "higher_education_research": _("Higher education or research"),
        "education_training": _("School or training centre"),
        "business_support": _("Business support organisation or cluster"),
        "sectoral_agency": _("Sectoral agency"),
        "local_authority": _("Local public authority"),
        "regional_authority": _("Regional public authority"),
        "national_authority": _("National public authority"),
        "infrastructure_provider": _("Infrastructure or public service provider"),
        "interest_group": _("Interest group or non-governmental organisation"),
        "egtc": _("European grouping of territorial cooperation"),
        "international_organisation": _("International organisation"),
        "general_public": _("Private person"),
        "other": _("Other"),
    }
    return {key: labels[key] for key in ORGANISATION_TYPES}


def regions(language: str) -> dict[str, str]:
    """Return the labels of the regions."""
    _ = words(language)
    return {
        "Saxony-Anhalt": _("Saxony-Anhalt"),
        "Limburg": _("Limburg"),
        "Lombardy": _("Lombardy"),
        "Catalonia": _("Catalonia"),
        "Asturias": _("Asturias"),
        "Wallonia": _("Wallonia"),
        "Mazovia": _("Mazovia"),
        "Other EU": _("Elsewhere in the European Union"),
        "Outside the EU": _("Outside the European Union"),
    }


@cache
def countries(language: str) -> dict[str, str]:
    """Return the names of the countries by their codes (ISO 3166-1), in the order in which one looks for a name."""
    return dict(sorted(i18n.countries(language).items(), key=lambda country: names.fold(country[1])))
