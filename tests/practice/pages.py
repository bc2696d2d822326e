"""The wikitext of the seeded pages: file pages in several layouts, templates and categories."""

from __future__ import annotations

CHECK_CATEGORY = "Images from DoD uploaded by Fæ (check needed)"
DOD_CATEGORY = "Images from DoD uploaded by Fæ"
HOME_CATEGORY = "Faebot identified duplicates"
NOAA_CATEGORY = "Images from the NOAA Photo Library"
FLEURON_CATEGORY = "Fleurons"

INFORMATION = """{| class="wikitable" style="width:100%"
! style="width:9em" | Description
| {{{description|{{{Description|}}}}}}
|-
! Date
| {{{date|{{{Date|}}}}}}
|-
! Source
| {{{source|{{{Source|}}}}}}
|-
! Author
| {{{author|{{{Author|}}}}}}
{{#if:{{{virin|}}}|{{!}}-
! VIRIN
{{!}} {{{virin}}}}}
{{#if:{{{other_versions|}}}|{{!}}-
! Other versions
{{!}} {{{other_versions}}}}}
|}"""

ASSESSMENTS = """{{#ifeq:{{{featured|}}}|1|[[Category:Featured pictures on Wikimedia Commons]]}}<!--
-->{{#ifeq:{{{quality|}}}|1|[[Category:Quality images]]}}<!--
-->{{#ifeq:{{{valued|}}}|1|[[Category:Valued images]]}}This picture has been assessed."""


def templates() -> dict[str, str]:
    """Give the templates that the file pages use, each as simple as it can be."""
    licences = ("Air Force", "Army", "Marines", "National Guard", "Navy")
    pages = {f"PD-USGov-Military-{branch}": _box(f"Public domain: U.S. {branch}.") for branch in licences}
    pages |= {
        "PD-USGov-NOAA": _box("Public domain: National Oceanic and Atmospheric Administration."),
        "PD-USGov-NASA": _box("Public domain: NASA."),
        "PD-old-100": _box("Public domain: published more than a century ago."),
        "Information": INFORMATION,
        "milim": INFORMATION,
        "en": '<span lang="en">{{{1}}}</span>',
        "own": "Own work",
        "ID-USMil": "This image was released by the U.S. military with the ID {{{1}}}.",
        "RetouchedPicture": _box("This picture has been retouched: {{{1|}}}"),
        "duplicate": _box("Duplicate of [[:File:{{{1}}}]]: {{{2|}}}") + "[[Category:Duplicate]]",
        "Assessments": ASSESSMENTS,
        "nobots": "",
        "bots": "",
        "Hiddencat": "__HIDDENCAT__This is a maintenance category.",
    }
    return {f"Template:{name}": text for name, text in pages.items()}


def categories() -> dict[str, str]:
    """Give the category pages."""
    pages = {
        HOME_CATEGORY: "{{Hiddencat}}\nFiles that look like another file, sorted by the hash they share.",
        CHECK_CATEGORY: f"{{{{Hiddencat}}}}\n[[Category:{DOD_CATEGORY}]]",
        DOD_CATEGORY: "{{Hiddencat}}\nPhotographs of the U.S. Department of Defense.",
        NOAA_CATEGORY: "Photographs of the National Oceanic and Atmospheric Administration.",
        FLEURON_CATEGORY: "Printers' ornaments.",
        "Duplicate": "{{Hiddencat}}\nFiles that an administrator may delete.",
    }
    return {f"Category:{name}": text for name, text in pages.items()}


def milim(
    description: str,
    virin: str,
    *,
    branch: str = "Navy",
    source: str = "https://www.dvidshub.net/image/100000",
    other_versions: str = "",
    top: str = "",
    categories: tuple[str, ...] = (CHECK_CATEGORY, DOD_CATEGORY),
) -> str:
    """Give a page as uploads from the military image databases have it, one parameter a line."""
    marks = "".join(f"[[Category:{name}]]\n" for name in categories)
    return f"""{top}=={{{{int:filedesc}}}}==
{{{{milim
| description    = {{{{en|1={description}}}}}
| date           = {_day(virin)}
| source         = [{source} {source}]
| author         = U.S. {branch} photo
| virin          = {virin}
| other_versions = {other_versions}
}}}}

=={{{{int:license-header}}}}==
{{{{PD-USGov-Military-{branch}}}}}

{marks}"""


def dense(description: str, virin: str, *, branch: str = "Navy", source: str = "http://www.navy.mil/") -> str:
    """Give a page in the terse layout of early bots: few line breaks, none at the end."""
    return (
        f"{{{{Information |Description={{{{en|{description}}}}} |Source={{{{ID-USMil|{virin}}}}} {source} "
        f"|Date={_day(virin)} |Author=U.S. {branch} |Permission= |other_versions= }}}}\n"
        f"== {{{{int:license}}}} ==\n{{{{PD-USGov-Military-{branch}}}}}\n\n"
        f"[[Category:United States {branch}]]"
    )


def released(
    description: str,
    licence: str,
    source: str,
    *,
    other_versions: str = "",
    below: str = "",
    categories: tuple[str, ...] = (),
) -> str:
    """Give a page as transfers from photo sites have it, with {{Information}}."""
    marks = "\n".join(f"[[Category:{name}]]" for name in categories)
    return f"""== {{{{int:filedesc}}}} ==
{{{{Information
|Description={description}
|Source={source}
|Date=2012-06-07
|Author=Photographer of the agency
|Permission=
|other_versions={other_versions}
}}}}
{below}
== {{{{int:license-header}}}} ==
{{{{{licence}}}}}

{marks}
"""


def fleuron_page(number: str) -> str:
    """Give a page of the Fleuron project."""
    return f"""=={{{{int:filedesc}}}}==
{{{{Information
| description = {{{{en|1=Fleuron from a book on the fashion of letters, {number}.}}}}
| date = 1755
| source = Scan of a printed ornament
| author = Printer unknown
}}}}

=={{{{int:license-header}}}}==
{{{{PD-old-100}}}}

[[Category:{FLEURON_CATEGORY}]]
[[Category:Fleurons of 1755]]
"""


def _day(virin: str) -> str:
    century = "19" if virin[0] == "9" else "20"
    return f"{century}{virin[:2]}-{virin[2:4]}-{virin[4:6]}"


def _box(sentence: str) -> str:
    style = "border:1px solid #a2a9b1; background:#f8f9fa; padding:0.5em; margin:0.5em 0"
    return f'<div style="{style}">{sentence}</div>'
