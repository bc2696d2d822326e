"""A study of thumbnail sizes for machines: every cell as CSV, and all of it as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from faebot_hash.confirm_table import protected
from faebot_hash.fingerprint import current_basis, to_hex
from faebot_hash.model import Fingerprint
from faebot_hash.reasons import Skipped
from faebot_hash.study import HASHES, Colour, Measure, Share, Study, Tolerance

COLUMNS = ("file", "hash", "width_px", "from_original_bits", "from_reference_bits", "colour", "reason")
_VERSIONS = ("pillow", "imagehash")


def csv_rows(study: Study) -> Iterator[tuple[str | int, ...]]:
    """Give the heads, then a row for each cell; "" is unknown, names are as ``protected`` writes them."""
    yield COLUMNS
    for sample in study.samples:
        for measure in HASHES:
            for width_px in study.plan.widths_px:
                cell = study.cell(sample, measure, width_px)
                if isinstance(cell, Skipped):
                    told: tuple[str | int, ...] = ("", "", "", cell.reason.name.lower())
                else:
                    reference = "" if cell.from_reference_bits is None else cell.from_reference_bits
                    told = (cell.from_original_bits, reference, cell.colour.name.lower(), "")
                yield protected(sample.name), measure.value, width_px, *told


def to_json(study: Study) -> dict[str, Any]:
    """Tell everything: plan, fingerprints, what was passed over, and each figure with its counts."""
    plan, basis = study.plan, asdict(current_basis("original", 0))
    return {
        "source": study.source.name.lower(),
        "widths_px": list(plan.widths_px),
        "working_px": plan.working_px,
        "reference_px": plan.reference_px,
        "versions": {name: basis[name] for name in _VERSIONS},
        "samples": [
            {
                "file": sample.name,
                "fingerprints": {str(px): _hashes(one) for px, one in sorted(sample.fingerprints.items())},
                "absent": {str(px): _reason(one) for px, one in sorted(sample.absent.items())},
            }
            for sample in study.samples
        ],
        "skipped": [{"file": one.what, **_reason(one)} for one in study.skipped],
        "agreement": [_agreement(study, measure, px) for measure in Measure for px in plan.widths_px],
        "histograms": [
            {
                "hash": measure.value,
                "width_px": px,
                "other_px": other_px,
                "files_by_bits": _by_bits(study.histogram(measure, px, other_px)),
            }
            for measure in Measure
            for px in plan.widths_px
            for other_px in (0, plan.reference_px)
        ],
        "twins": [list(pair) for pair in study.twins()],
        "strangers": [
            {
                "hash": measure.value,
                "width_px": plan.working_px,
                "pairs_by_bits": _by_bits(study.strangers(measure, plan.working_px)),
            }
            for measure in Measure
        ],
        "tolerances": [_tolerance(one) for one in study.tolerances()],
    }


def _agreement(study: Study, measure: Measure, width_px: int) -> dict[str, Any]:
    colours = study.colours(measure, width_px)
    return {
        "hash": measure.value,
        "width_px": width_px,
        **{colour.name.lower(): colours[colour] for colour in Colour},
        "with_original": _share(study.within(measure, width_px)),
        "with_reference": _share(study.within(measure, width_px, study.plan.reference_px)),
    }


def _tolerance(one: Tolerance) -> dict[str, Any]:
    return {
        "hash": one.measure.value,
        "width_px": one.width_px,
        "other_px": one.other_px,
        "target_percent": one.target_percent,
        "bits": one.bits,
        "covered": _share(one.covered),
        "strangers": {"hits": one.strangers.hits, "count": one.strangers.count},
        "clear_bits": one.clear_bits,
        "is_recommended": one.is_recommended,
        "is_sure": one.is_sure,
    }


def _share(one: Share) -> dict[str, Any]:
    low, high = one.interval_percent
    percent = round(one.percent, 2) if one.count else None
    return {
        "hits": one.hits,
        "count": one.count,
        "percent": percent,
        "interval_percent": [round(low, 2), round(high, 2)],
    }


def _by_bits(counts: tuple[int, ...]) -> dict[str, int]:
    return {str(bits): count for bits, count in enumerate(counts) if count}


def _hashes(one: Fingerprint) -> dict[str, str]:
    return {name: to_hex(getattr(one, name)) for measure in HASHES for name in measure.fields}


def _reason(one: Skipped) -> dict[str, Any]:
    return {
        "reason": one.reason.name.lower(),
        "detail": one.detail,
        "retry_later": one.reason.retry_later,
    }
