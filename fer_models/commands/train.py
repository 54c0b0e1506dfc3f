"""Train a network by a recipe file or a preset; prints the run folder."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import Any

from fer_models.commands.output import show_progress
from fer_models.commands.source import source_arguments, source_of
from fer_models.errors import UserError
from fer_models.training.presets import recipe_origins
from fer_models.training.recipe import Recipe, list_presets, load_preset, read_recipe, recipe_schema
from fer_models.training.runs.launch import launch
from fer_models.training.runs.run import Run, create_run


def arguments(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group()
    source.add_argument("recipe", nargs="?", help="a recipe as JSON, or the name of a preset")
    source.add_argument("--preset", help=f"one of: {', '.join(list_presets())}")
    source_arguments(parser)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a field of the recipe")
    parser.add_argument(
        "--show",
        action="store_true",
        help="print the recipe as JSON and train nothing; for a preset also where each setting comes from, as _origin",
    )
    parser.add_argument(
        "--json-schema",
        action="store_true",
        help="print the JSON schema of the recipe (fields, types, ranges, defaults; options are those of its network "
        'and loss) and train nothing; with --show, print an object with both as "recipe" and "schema"',
    )
    parser.add_argument("--detach", action="store_true", help="return at once; the run continues")
    parser.add_argument("--processes", type=int, default=1, help="number of training processes, one per GPU")
    parser.add_argument(
        "--prepare", action="store_true", help="only create the run folder and print it, for torchrun on several hosts"
    )


def run(args: argparse.Namespace) -> int:
    if args.recipe in list_presets() and not Path(args.recipe).exists():
        args.recipe, args.preset = None, args.recipe
    recipe = read_recipe(args.recipe) if args.recipe else load_preset(args.preset) if args.preset else Recipe()
    if not (args.recipe or args.preset or args.data or args.set or args.show or args.json_schema):
        raise UserError(f"name what to train: a recipe file or --preset, one of: {', '.join(list_presets())}.")
    start = recipe.to_dict()
    if args.data:
        recipe = dataclasses.replace(recipe, data=source_of(args.data, args.reader))
    recipe = recipe.with_settings(args.set)
    if args.show or args.json_schema:
        print(json.dumps(_as_json(recipe, start, args), indent=2, ensure_ascii=False))
        return 0
    if args.prepare:
        print(create_run(recipe).folder)
        return 0
    if not 1 <= args.processes <= 64:
        raise UserError("--processes must lie between 1 and 64.")
    started = launch(recipe, args.processes)
    print(started.folder, flush=True)
    return 0 if args.detach else follow(started)


def _as_json(recipe: Recipe, start: dict[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    values = recipe.to_dict()
    if not args.json_schema:
        if not args.preset:
            return values
        origins = recipe_origins(args.preset, start, values)
        return {**values, "_origin": {field: str(origin) for field, origin in origins.items()}}
    schema = recipe_schema(recipe)
    return {"recipe": values, "schema": schema} if args.show else schema


def follow(run: Run) -> int:
    """Show a run's progress until it ends; an interrupt cancels it. Returns the exit code."""
    printed = 0
    try:
        while True:
            status = run.status()
            for row in run.metrics()[printed:]:
                printed += 1
                print(
                    f"epoch {row['epoch']}/{status.epochs}  loss {row['train_loss']:.4f}  "
                    f"validation loss {row['val_loss']:.4f}  accuracy {100 * row['val_accuracy']:.2f} %",
                    file=sys.stderr,
                )
            if not status.active:
                break
            left = f"about {status.seconds_left / 60:.0f} min left" if status.seconds_left else status.message
            show_progress(min(status.fraction, 0.999), left)
            time.sleep(0.5)
    except KeyboardInterrupt:
        run.cancel()
        print("\nCancelling; the best checkpoint so far is kept.", file=sys.stderr)
        while run.status().active:
            time.sleep(0.2)
        return 130
    print(run.status().message, file=sys.stderr)
    return 0 if status.state in ("finished", "cancelled") else 1
