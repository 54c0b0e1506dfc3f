"""Emotion names, their order, their colours, and every data set's own coding: the only place."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from types import MappingProxyType

from fer_models.errors import UserError


@dataclass(frozen=True)
class Emotion:
    """One class of facial expressions.

    ``colour`` is a hex colour that stays the same on every figure. The set keeps apart in common colour vision
    deficiencies and in grey (relative luminance rises in steps), and is never the only carrier of meaning.
    """

    name: str
    colour: str
    synonyms: tuple[str, ...] = ()


EMOTIONS: tuple[Emotion, ...] = (
    Emotion("angry", "#9E2A2B", ("anger", "an", "ang")),
    Emotion("disgust", "#5B7F2B", ("disgusted", "di", "dis")),
    Emotion("fear", "#5E3C99", ("fearful", "afraid", "af", "fe", "scared")),
    Emotion("happy", "#F2B701", ("happiness", "ha", "joy", "hap")),
    Emotion("sad", "#2C6FBB", ("sadness", "sa")),
    Emotion("surprise", "#E8743B", ("surprised", "su", "sur", "surprize")),
    Emotion("neutral", "#8A8F98", ("ne", "neu", "natural", "calm")),
    Emotion("contempt", "#A85C9A", ("co", "contemptuous")),
)

#: The seven classes of FER2013 in its own order; the project's canonical order.
FER7: tuple[str, ...] = tuple(e.name for e in EMOTIONS[:7])
#: FER7 and contempt, as in FERPlus.
FER8: tuple[str, ...] = tuple(e.name for e in EMOTIONS)
#: CK+ has contempt and no neutral.
CKPLUS7: tuple[str, ...] = ("angry", "disgust", "fear", "happy", "sad", "surprise", "contempt")
#: Oulu-CASIA has no neutral.
BASIC6: tuple[str, ...] = FER7[:6]

#: Facial action units (FACS) of each emotion, as EMFACS lists them; ``R`` is a unit of the person's right side alone.
EMOTION_ACTION_UNITS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "angry": ("AU04", "AU05", "AU07", "AU23"),
        "disgust": ("AU09", "AU15", "AU16"),
        "fear": ("AU01", "AU02", "AU04", "AU05", "AU07", "AU20", "AU26"),
        "happy": ("AU06", "AU12"),
        "sad": ("AU01", "AU04", "AU15"),
        "surprise": ("AU01", "AU02", "AU05", "AU26"),
        "neutral": (),
        "contempt": ("R12", "R14"),
    }
)

#: Words of folders in German, Spanish, French, Italian, Portuguese, Turkish and Chinese.
_TRANSLATED = {
    "angry": "wut ärger wütend enojo ira enfado colère rabbia arrabbiato raiva kızgın öfke 生气 愤怒",
    "disgust": "ekel asco disgusto dégoût degout nojo iğrenme tiksinti 厌恶",
    "fear": "angst furcht miedo temor peur paura medo korku 恐惧 害怕",
    "happy": "freude fröhlich glücklich felicidad feliz alegría alegria joie heureux felicità felice mutlu mutluluk "
    "高兴 快乐 开心",
    "sad": "trauer traurig tristeza triste tristesse tristezza üzgün üzüntü 悲伤 难过",
    "surprise": "überraschung überrascht sorpresa surpresa şaşkın şaşkınlık 惊讶 惊喜",
    "neutral": "neutre neutro neutrale nötr 中性 平静",
    "contempt": "verachtung desprecio mépris mepris disprezzo desprezo küçümseme 轻蔑 蔑视",
}
_NUMBERED = re.compile(r"^[0-9]{1,2}[ _.-]+")
_BY_NAME = {word: e for e in EMOTIONS for word in (e.name, *e.synonyms, *_TRANSLATED[e.name].split())}
_OTHER_COLOURS = ("#4C9F9B", "#B07AA1", "#7F5539", "#3D405B", "#81B29A")


def _bare(name: str) -> str:
    """A class name in lower case, without the number that orders it, as in ``0_angry`` or ``03-happy``."""
    word = unicodedata.normalize("NFC", name).strip().lower()
    return _NUMBERED.sub("", word)


def canonical(name: str) -> str:
    """The project's name of an emotion written in any known way, for instance ``"Happiness"`` gives ``"happy"``.

    Raises:
        UserError: If the word is not a known emotion.

    Example:
        >>> canonical("Happiness")
        'happy'
    """
    word = _bare(name)
    if word not in _BY_NAME:
        raise UserError(f"{name!r} is not a known emotion; use one of {', '.join(FER8)} or a usual synonym.")
    return _BY_NAME[word].name


def is_emotion(name: str) -> bool:
    """Whether :func:`canonical` knows the word."""
    return _bare(name) in _BY_NAME


def order(names: set[str] | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Class names in canonical order, unknown ones last and alphabetical; never the order of folders on a disk."""
    known = [e.name for e in EMOTIONS if e.name in names]
    return (*known, *sorted(n for n in set(names) if n not in known))


def colour(name: str) -> str:
    """The fixed colour of a class; a class that is no emotion gets a stable one of its own."""
    if is_emotion(name):
        return _BY_NAME[_bare(name)].colour
    return _OTHER_COLOURS[sum(name.encode()) % len(_OTHER_COLOURS)]
