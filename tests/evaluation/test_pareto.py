"""The Pareto front of accuracy against cost."""

from fer_models.evaluation.comparison.pareto import pareto_front


def test_no_point_of_the_front_is_beaten_in_both():
    points = [(3.0, 0.70), (1.0, 0.50), (2.0, 0.65), (2.0, 0.60), (4.0, 0.70), (5.0, 0.90)]
    assert pareto_front(points) == [1, 2, 0, 5]
    assert pareto_front([]) == []


def test_the_front_holds_what_nothing_beats():
    points = [(5.0, 60.0), (1.0, 50.0), (2.0, 49.0), (2.0, 55.0), (9.0, 60.0)]
    assert pareto_front(points) == [1, 3, 0]
    assert pareto_front([]) == []
