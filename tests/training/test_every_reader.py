"""A run on each reader's output: small sets in the original layouts, trained for an epoch by the worker's own code."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_models.data import READERS, open_dataset
from fer_models.training.recipe import Recipe
from fer_models.training.runs.run import create_run
from fer_models.training.runs.worker import work

RNG = np.random.default_rng(0)


def picture(file: Path, size: int = 64, colour: bool = True) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    shape = (size, size, 3) if colour else (size, size)
    Image.fromarray(RNG.integers(0, 256, shape, dtype=np.uint8)).save(file)


def pixels() -> str:
    return " ".join(map(str, RNG.integers(0, 256, 48 * 48).tolist()))


def fer2013(root: Path) -> None:
    rows = [f"{i % 7},{pixels()},{'Training' if i < 28 else 'PublicTest'}" for i in range(42)]
    (root / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *rows]) + "\n")


def ferplus(root: Path) -> None:
    fer2013(root)
    lines = ["Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"]
    for i in range(42):
        votes = ["0"] * 10
        votes[i % 8] = "10"
        lines.append(f"{'Training' if i < 28 else 'PublicTest'},fer{i:07d}.png,{','.join(votes)}")
    (root / "fer2013new.csv").write_text("\n".join(lines) + "\n")


def ckplus(root: Path) -> None:
    for i, name in enumerate(("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")):
        for subject in (5, 10, 11, 14):
            picture(root / "CK+48" / name / f"S{subject:03d}_{i + 1:03d}_00000017.png", 48, colour=False)


def ckplus_sequences(root: Path) -> None:
    for emotion in (1, 3, 5, 7):
        for subject in (5, 10, 11, 14):
            name = f"S{subject:03d}_{emotion:03d}"
            inside = Path(f"S{subject:03d}") / f"{emotion:03d}"
            for frame in range(1, 7):
                picture(root / "cohn-kanade-images" / inside / f"{name}_{frame:08d}.png", 64, colour=False)
            label = root / "Emotion" / inside / f"{name}_00000006_emotion.txt"
            label.parent.mkdir(parents=True)
            label.write_text(f"   {emotion}.0000000e+00\n")


def jaffe(root: Path) -> None:
    for i, code in enumerate(("AN", "DI", "FE", "HA", "SA", "SU", "NE")):
        for subject in ("KA", "KL", "YM", "UY"):
            picture(root / f"{subject}.{code}1.{i + 1}.tiff", 128, colour=False)


def kdef(root: Path) -> None:
    for code in ("AF", "AN", "DI", "HA", "NE", "SA", "SU"):
        for subject in ("F01", "F02", "M01", "M02"):
            picture(root / f"A{subject}{code}S.JPG", 120)


def rafdb(root: Path) -> None:
    lines = []
    for split in ("train", "test"):
        for i in range(28):
            lines.append(f"{split}_{i:05d}.jpg {i % 7 + 1}")
            picture(root / "Image" / "aligned" / f"{split}_{i:05d}_aligned.jpg", 100)
    (root / "EmoLabel").mkdir()
    (root / "EmoLabel" / "list_patition_label.txt").write_text("\n".join(lines) + "\n")


def oulucasia(root: Path) -> None:
    for word in ("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise"):
        for subject in range(1, 5):
            for frame in range(3):
                picture(root / "VL" / "Strong" / f"P{subject:03d}" / word / f"{frame:03d}.jpeg", 80)


def affectnet(root: Path) -> None:
    for split in ("train_set", "val_set"):
        (root / split / "annotations").mkdir(parents=True)
        for i in range(16):
            picture(root / split / "images" / f"{i}.jpg")
            np.save(root / split / "annotations" / f"{i}_exp.npy", np.array(str(i % 8)))


def expw(root: Path) -> None:
    picture(root / "data" / "image" / "origin" / "crowd_1.jpg", 120)
    lines = [f"crowd_1.jpg {i} {i} {i} {i + 50} {i + 50} 60.5 {i % 7}" for i in range(42)]
    (root / "data" / "label").mkdir()
    (root / "data" / "label" / "label.lst").write_text("\n".join(lines) + "\n")


def sfew(root: Path) -> None:
    for split in ("Train", "Val"):
        for word in ("Angry", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise"):
            for i in range(3):
                picture(root / split / word / f"Airheads_00051924{i}_00000005.png")


def folder(root: Path) -> None:
    for split in ("train", "test"):
        for name in ("Happiness", "sad"):
            for i in range(8):
                picture(root / split / name / f"{i}.png")


def csv(root: Path) -> None:
    lines = ["path,label,split"]
    for i in range(24):
        picture(root / "img" / f"{i}.png")
        lines.append(f"img/{i}.png,{'happy' if i % 2 else 'calm'},{'train' if i < 16 else 'test'}")
    (root / "faces.csv").write_text("\n".join(lines) + "\n")


#: A function of this file for every reader, named as the reader's key.
LAYOUTS: dict[str, Callable[[Path], None]] = {key: globals()[key] for key in READERS}


@pytest.mark.parametrize("key", sorted(LAYOUTS))
def test_training_runs_on_its_output(key, tmp_path, monkeypatch):
    root = tmp_path / key
    root.mkdir()
    LAYOUTS[key](root)
    if key == "ferplus":  # beside the votes lies FER2013 itself, so the set is asked for by name
        monkeypatch.setenv("FER_DATA", str(root))
    source = {"ferplus": "ferplus", "fer2013": str(root / "fer2013.csv"), "csv": str(root / "faces.csv")}
    data = source.get(key, str(root))
    assert open_dataset(data).name == key
    recipe = Recipe(data=data, network="mini_xception", epochs=1, batch_size=8, precision="float32")
    run = create_run(recipe)
    assert work(run) == 0, run.status().message
    assert run.status().state == "finished"
    (row,) = run.metrics()
    assert 0 < row["train_loss"] < 5, "a mean over images"
    assert run.checkpoint is not None
