"""All metrics behind one import; importing this package imports its modules, which fill :data:`METRICS`."""

from fer_models.evaluation.metrics.base import METRICS, Metric
from fer_models.evaluation.metrics.confidence import expected_calibration_error
from fer_models.evaluation.metrics.confusion import (
    accuracy,
    balanced_accuracy,
    cohen_kappa,
    confusion,
    f1,
    false_acceptance_share,
    gar,
    mcc,
    precision,
    recall,
    specificity,
    weighted_kappa,
)
from fer_models.evaluation.metrics.probabilistic import (
    brier,
    log_loss,
    pr_auc,
    pr_auc_per_class,
    roc_auc,
    roc_auc_per_class,
    top_k,
)
from fer_models.registry import import_modules

__all__ = [
    "METRICS",
    "Metric",
    "accuracy",
    "balanced_accuracy",
    "brier",
    "cohen_kappa",
    "confusion",
    "expected_calibration_error",
    "f1",
    "false_acceptance_share",
    "gar",
    "log_loss",
    "mcc",
    "pr_auc",
    "pr_auc_per_class",
    "precision",
    "recall",
    "roc_auc",
    "roc_auc_per_class",
    "specificity",
    "top_k",
    "weighted_kappa",
]

import_modules(__name__)
