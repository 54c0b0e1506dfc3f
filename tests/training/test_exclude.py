"""Pictures that someone marked are left out of training, and only of training; the run says so."""

import dataclasses
import json

import numpy as np
import pytest

from fer_models.checkpoint import read_checkpoint
from fer_models.data import open_dataset
from fer_models.errors import UserError
from fer_models.evaluation.training_overlap import trained_on
from fer_models.training.parts import split_of
from fer_models.training.recipe import Recipe
from fer_models.training.rows import read_rows
from fer_models.training.runs.run import create_run, list_runs
from fer_models.training.runs.worker import work

SMALL = Recipe(data="synthetic:count=140,size=48,identities=12", network="mini_xception", epochs=1, batch_size=32)


def listed(tmp_path, text):
    file = tmp_path / "marks.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_lists_of_rows_are_read_by_column(tmp_path):
    assert read_rows(listed(tmp_path, "row,mark,class,split\n7,not a face,happy,Training\n7,x,,\n12,y,,\n")) == {7, 12}
    assert read_rows(listed(tmp_path, "name,id\na,3\nb,4\n")) == {3, 4}
    assert read_rows(listed(tmp_path, "5\n6\n\n")) == {5, 6}
    assert read_rows(listed(tmp_path, "")) == frozenset()
    with pytest.raises(UserError, match="'-1'"):
        read_rows(listed(tmp_path, "row\n-1\n"))
    with pytest.raises(UserError, match="cannot be read"):
        read_rows(tmp_path / "nothing.csv")


def test_listed_pictures_leave_training_only(tmp_path):
    dataset = open_dataset(SMALL.data)
    whole = split_of(SMALL, dataset)
    rows = [*dataset.rows[whole.train[:3]], *dataset.rows[whole.val[:2]], 10**9]
    file = listed(tmp_path, "row\n" + "".join(f"{row}\n" for row in rows))
    part = split_of(dataclasses.replace(SMALL, exclude=str(file)), dataset)
    np.testing.assert_array_equal(part.train, whole.train[3:])
    np.testing.assert_array_equal(part.val, whole.val)
    np.testing.assert_array_equal(part.test, whole.test)
    assert part.name == f"{whole.name}, without 3 training images left out by hand"


def test_a_run_keeps_its_own_list_and_says_what_it_left_out(tmp_path):
    dataset = open_dataset(SMALL.data)
    rows = dataset.rows[split_of(SMALL, dataset).train[:4]].tolist()
    held_out = dataset.rows[split_of(SMALL, dataset).val[0]]
    file = listed(tmp_path, "row,mark\n" + "".join(f"{row},label wrong\n" for row in [*rows, held_out]))
    run = create_run(dataclasses.replace(SMALL, exclude=str(file)))
    file.unlink()  # marks may change while the run waits
    assert work(run) == 0, run.status()
    assert not set(rows) & set(json.loads((run.folder / "split.json").read_text())["train"])
    checkpoint = read_checkpoint(run.checkpoint)
    kept = trained_on(checkpoint, dataset, split_of(SMALL, dataset))
    assert not kept[np.isin(dataset.rows, rows)].any(), "they have no copies in training"
    provenance = checkpoint.provenance
    assert "without 4 training images left out by hand" in provenance["split"]
    assert provenance["left_out"] == sorted(rows)


def test_a_list_that_is_not_there_makes_no_run():
    with pytest.raises(UserError, match="cannot be read"):
        create_run(dataclasses.replace(SMALL, exclude="/nowhere.csv"))
    assert list_runs() == []
