"""The readings of a video as JSON and as CSV."""

from __future__ import annotations

from typing import Any

from fer_models.tables import csv_text
from fer_models.video.reading import VideoReading
from fer_models.video.timeline import shares


def reading_json(reading: VideoReading) -> dict[str, Any]:
    """All readings as JSON: times in seconds, boxes in pixels, probabilities in [0, 1]."""
    persons = []
    for person in reading.persons:
        readings = [
            {
                "frame": int(person.frames[t]),
                "seconds": round(float(person.seconds[t]), 4),
                "box": [round(float(edge), 1) for edge in person.faces[t].box],
                "detected": bool(person.detected[t]),
                "probabilities": _named(reading, person.raw[t]),
                "smoothed": _named(reading, person.smoothed[t]),
                "quality": person.quality[t].record(),
            }
            for t in range(len(person.frames))
        ]
        stretches = [
            {
                "class": part.name,
                "start": round(part.start, 4),
                "end": round(part.end, 4),
                "peak": round(part.peak, 4),
                "probability": round(part.probability, 6),
            }
            for part in person.stretches
        ]
        summary = {name: round(share, 6) for name, share in shares(person.stretches).items()}
        persons.append({"person": person.number, "shares": summary, "stretches": stretches, "readings": readings})
    info, options = reading.info, reading.options
    return {
        "video": info.name,
        "width": info.width,
        "height": info.height,
        "frames_per_second": round(info.fps, 4),
        "frames_read": reading.frames_read,
        "every": options.every,
        "smoothing": options.smoothing,
        "smoothing_seconds": options.width,
        "classes": list(reading.classes),
        "notes": reading.notes,
        "persons": persons,
        "frames_without_face": [{"frame": index, "seconds": round(second, 4)} for index, second in reading.empty],
    }


def reading_csv(reading: VideoReading) -> str:
    """A line a face and frame: time, box, leading class, raw and smoothed probabilities, and a line a frame without."""
    raw, smoothed = ([f"{kind}_{name}" for name in reading.classes] for kind in ("raw", "smoothed"))
    boxes = ["left", "top", "right", "bottom"]
    columns = ["person", "frame", "seconds", *boxes, "detected", "class", *smoothed, *raw, "quality", "problem"]
    rows: list[list[object]] = []
    for person in reading.persons:
        for t in range(len(person.frames)):
            rows.append(
                [
                    person.number,
                    int(person.frames[t]),
                    f"{person.seconds[t]:.3f}",
                    *(f"{edge:.1f}" for edge in person.faces[t].box),
                    int(person.detected[t]),
                    reading.classes[int(person.smoothed[t].argmax())],
                    *(f"{value:.5f}" for value in person.smoothed[t]),
                    *(f"{value:.5f}" for value in person.raw[t]),
                    "; ".join(person.quality[t].doubts),
                    None,
                ]
            )
    for index, second in reading.empty:
        rows.append([None, index, f"{second:.3f}", *[None] * (len(columns) - 4), "no face"])
    return csv_text(columns, rows)


def _named(reading: VideoReading, values: Any) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in zip(reading.classes, values, strict=True)}
