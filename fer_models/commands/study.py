"""Train one recipe over folds, seeds or settings and test the differences; without a recipe, list the studies."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from pathlib import Path
from typing import Any

from fer_models.commands.output import show_progress, write_json
from fer_models.commands.source import source_arguments, source_of
from fer_models.errors import UserError
from fer_models.training.recipe import Recipe, list_presets, load_preset, read_recipe
from fer_models.training.study.axes import fold_protocol, parse_axis, parse_folds, settings_of, shown
from fer_models.training.study.results import results_of
from fer_models.training.study.start import cancel_study, start_study
from fer_models.training.study.study import Study, create_study, damaged_studies, find_study, list_studies, state_of
from fer_models.training.study.tables import ablation_table, fold_table


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", nargs="?", help="a recipe as JSON, or the name of a preset")
    source_arguments(parser)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a field of the recipe")
    parser.add_argument("--folds", metavar="K", help="5 or 10 folds; 2/5 trains the first two of five")
    parser.add_argument("--by", choices=("random", "subject"), default="random", help="what a fold holds out")
    parser.add_argument(
        "--seeds", type=int, default=1, metavar="N", help="number of seeds, counted from the recipe's own"
    )
    parser.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="FIELD=A,B,...",
        help="values of a recipe field, nested ones with dots; with --random also FIELD=LOW..HIGH or "
        "FIELD=log:LOW..HIGH",
    )
    parser.add_argument("--random", type=int, default=0, metavar="N", help="draw N settings instead of all")
    parser.add_argument("--on", default="local", metavar="PLACE", help="local (the queue) or ray[:ADDRESS]")
    parser.add_argument("--cpus", type=float, metavar="N", help="CPUs per run on Ray")
    parser.add_argument("--gpus", type=float, metavar="X", help="GPUs per run on Ray; fractions are allowed")
    parser.add_argument("--resume", metavar="STUDY", help="start the missing runs of a stopped study")
    parser.add_argument("--cancel", metavar="STUDY", help="stop a study; finished runs are kept")
    parser.add_argument("--show", metavar="STUDY", help="print the tables of a study")
    parser.add_argument("--detach", action="store_true", help="return at once; the study continues")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    if args.show:
        _tables(find_study(args.show), args.json)
        return 0
    if args.cancel:
        cancel_study(find_study(args.cancel))
        return 0
    if not args.recipe and not args.resume:
        if args.data or args.set or args.folds or args.grid:
            raise UserError(f"name what to train: a recipe file or one of: {', '.join(list_presets())}.")
        _list(args.json)
        return 0
    study = find_study(args.resume) if args.resume else _create(args)
    start_study(study)
    if args.detach:
        if args.json:
            write_json(_json(find_study(study.id)), "-")
        else:
            print(study.id)
        return 0
    print(study.id, file=sys.stderr if args.json else sys.stdout, flush=True)
    code = _follow(study)
    _tables(find_study(study.id), args.json)
    return code


def _create(args: argparse.Namespace) -> Study:
    if Path(args.recipe).is_file() or args.recipe.endswith(".json"):
        recipe = read_recipe(args.recipe)
    else:
        recipe = load_preset(args.recipe)
    if args.data:
        recipe = dataclasses.replace(recipe, data=source_of(args.data, args.reader))
    recipe = recipe.with_settings(args.set)
    if args.seeds < 1:
        raise UserError(f"--seeds is 1 or more, not {args.seeds}.")
    if args.by == "subject" and not args.folds:
        raise UserError("--by needs --folds: it sets what a fold holds out.")
    axes = dict(parse_axis(text) for text in args.grid)
    settings = settings_of(axes, args.random, recipe.seed)
    folds = range(recipe.fold, recipe.fold + 1)
    if args.folds:
        some, whole = parse_folds(args.folds)
        recipe = dataclasses.replace(recipe, protocol=fold_protocol(whole, by_subject=args.by == "subject"), fold=0)
        folds = range(some)
    _check_data(recipe, settings, folds)
    return create_study(
        recipe,
        settings=settings,
        folds=folds,
        seeds=range(recipe.seed, recipe.seed + args.seeds),
        place=_checked_place(args.on),
        resources={k: v for k, v in (("cpus", args.cpus), ("gpus", args.gpus)) if v is not None},
    )


def _checked_place(text: str) -> str:
    if text != "local" and text.partition(":")[0] != "ray":
        raise UserError(f"A study runs on local or on ray[:ADDRESS], not on {text!r}.")
    if text.startswith("ray"):
        from fer_models.training.study.cluster import need_ray

        need_ray()
    return text


def _check_data(recipe: Recipe, settings: list[dict[str, Any]], folds: range) -> None:
    """Refuse at once what every run would refuse: no such data, no subjects, too few pictures for the folds."""
    from fer_models.data import PROTOCOLS, make_split, open_dataset

    sources = {(str(s.get("data", recipe.data)), str(s.get("protocol", recipe.protocol))) for s in settings}
    for data, protocol in sorted(sources):
        dataset = open_dataset(data, progress=show_progress)
        split = make_split(dataset, protocol, fold=folds[-1], seed=recipe.seed)
        if dataset.subjects is not None and not PROTOCOLS[protocol].by_subject and len(folds) > 1:
            crossing = len(split.crossing(dataset).subjects or ())
            print(
                f"{dataset.name}: {crossing} subjects are both in training and in held-out images of {protocol}; "
                "--by subject keeps them apart.",
                file=sys.stderr,
            )


def _follow(study: Study) -> int:
    """Show progress until no run of the study is active; an interrupt cancels it. Returns the exit code."""
    finished: set[str] = set()
    quiet = 0
    try:
        while quiet < 3:  # between two runs there may be a moment without one
            study = find_study(study.id)
            state = state_of(study)
            for result in results_of(study):
                if result.state == "finished" and result.trial.run not in finished:
                    finished.add(str(result.trial.run))
                    figure = result.figures.get("accuracy")
                    words = f"accuracy {100 * figure:.2f} %" if figure is not None else "no figure"
                    print(f"{len(finished)}/{state.total}  {result.trial.run}  {words}", file=sys.stderr)
            quiet = 0 if state.active else quiet + 1
            if state.complete:
                break
            show_progress(min(state.counts.get("finished", 0) / state.total, 0.999), state.word)
            time.sleep(1)
    except KeyboardInterrupt:
        cancel_study(study)
        print(f"\nCancelled; `fer study --resume {study.id}` continues it.", file=sys.stderr)
        return 130
    if not state.complete:
        rest = ", ".join(f"{count} {name}" for name, count in sorted(state.counts.items()))
        print(f"The study stopped: {rest}. `fer study --resume {study.id}` starts what is missing.", file=sys.stderr)
        return 1
    return 0


def _list(as_json: bool) -> None:
    studies = list_studies()
    if as_json:
        write_json([_json(study) for study in studies], "-")
        return
    for study in studies:
        state = state_of(study)
        print(f"{study.id:<48}{state.word:<10}{state.counts.get('finished', 0):>4}/{state.total:<5}{study.title}")
    for sentence in damaged_studies().values():
        print(sentence)


def _json(study: Study) -> dict[str, Any]:
    results = results_of(study)
    state = state_of(study)
    return {
        "id": study.id,
        "title": study.title,
        "state": state.word,
        "counts": state.counts,
        "place": study.place,
        "recipe": study.recipe,
        "runs": [
            {**dataclasses.asdict(r.trial), "state": r.state, "figures": r.figures, "measured_on": r.measured_on}
            for r in results
        ],
        "folds": [dataclasses.asdict(row) for row in fold_table(study, results)],
        "settings": [dataclasses.asdict(row) for row in ablation_table(study, results)],
    }


def _tables(study: Study, as_json: bool) -> None:
    if as_json:
        write_json(_json(study), "-")
        return
    results = results_of(study)
    rows = fold_table(study, results)
    if len(rows[0].values) > 1:
        width = max(len(shown(row.settings)) for row in rows) + 2
        head = "".join(f"{f'R#{i + 1}':>8}" for i in range(len(rows[0].values)))
        print(f"{'accuracy, %':<{width}}{'seed':>5}{head}{'Average':>9}{'sd':>7}")
        for row in rows:
            cells = "".join(f"{100 * v:8.2f}" if v is not None else f"{'-':>8}" for v in row.values)
            mean = f"{100 * row.average.mean:9.2f}" if row.average else f"{'-':>9}"
            sd = f"{100 * row.average.deviation:7.2f}" if row.average and row.average.deviation is not None else ""
            print(f"{shown(row.settings):<{width}}{row.seed:>5}{cells}{mean}{sd}")
    for line in ablation_table(study, results):
        if line.spread is None:
            print(f"{shown(line.settings)}: waits for runs")
            continue
        spread = line.spread
        interval = (
            f" [{100 * spread.low:.2f}, {100 * spread.high:.2f}]" if spread.low is not None and spread.high else ""
        )
        difference = f" · {line.said}" if line.difference else ""
        print(f"{shown(line.settings)}: {100 * spread.mean:.2f} %{interval}, {spread.n} runs{difference}")
