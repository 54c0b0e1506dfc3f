"""Image files of a folder that are not in its data set, by reason: nothing vanishes without a word."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from fer_models.data.listing import Listing
from fer_models.data.readers.base import files_below, is_image

#: Endings of images and videos that are not read here.
_IMAGES = "heic heif jxl jp2 j2k svg psd ico tga exr pgm ppm pnm raw dng cr2 cr3 nef arw"
_VIDEOS = "mp4 avi mov mkv webm wmv mpg mpeg m4v ts"
_OTHER_FORMATS = frozenset(f".{word}" for word in f"{_IMAGES} {_VIDEOS}".split())


def unread(listing: Listing) -> tuple[str, ...]:
    """A sentence on the image files under the listing's folder that are not in it; empty if there are none.

    Args:
        listing: What a reader found; one without a folder of its own, such as a table, counts for itself.
    """
    if listing.root is None or not isinstance(listing.pictures, list):
        return ()
    taken = set(listing.pictures)
    files = [file for file in files_below(listing.root) if is_image(file.name) or _ending(file) in _OTHER_FORMATS]
    left = [file for file in files if file not in taken]
    if not left:
        return ()
    formats = Counter(_ending(file) for file in left if not is_image(file.name))
    reasons = [f"{count:,} in a format that is not read here ({ending})" for ending, count in formats.most_common()]
    elsewhere = [file for file in left if is_image(file.name)]
    if elsewhere:
        first = elsewhere[0].relative_to(listing.root).as_posix()
        reasons.append(f"{len(elsewhere):,} whose folder or name is not of this layout, such as {first[-60:]}")
    return (f"{len(left):,} of {len(files):,} image files were not read: {'; '.join(reasons)}.",)


def _ending(file: Path) -> str:
    return file.suffix.lower()
