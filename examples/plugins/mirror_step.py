"""A step of a lesson: does the network read a mirrored face alike? An example."""


def steps() -> list:
    """Called by the app alone: the command line does not need Streamlit."""
    from workbench import cache
    from workbench.app import pictures
    from workbench.app.wording import percent
    from workbench.features.learn.step import Answer, Scene, Step
    from workbench.widgets import picture_grid
    from workbench.widgets.picture_grid import Cell, Row

    def show(scene: Scene) -> Answer:
        classifier = cache.classifier(scene.checkpoint)
        both = [scene.pixels, scene.pixels[:, ::-1].copy()]
        cells, facts = [], []
        for words, pixels in zip(("as it is", "mirrored"), both, strict=True):
            name, probability = classifier.predict([pixels]).ranked()[0]
            facts.append(f"{words}: {name}, {percent(probability)}")
            cells.append(Cell(pictures.enlarged(pictures.as_rgb(pixels), 192), facts[-1], facts[-1]))
        picture_grid.show([Row("", "", cells)], side=192, label="The face and its mirror image")
        return Answer(
            "A face means the same in a mirror. What changes is the network's, not the face's.", facts=tuple(facts)
        )

    return [
        Step(
            key="mirror",
            lesson="Can we trust the score?",
            title="In the mirror",
            question="Does the network read a mirrored face alike?",
            task="Compare both probabilities.",
            show=show,
        )
    ]
