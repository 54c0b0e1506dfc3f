"""What could be reproduced of the papers' figures, and what speaks against some of them, as one generated page."""

from fer_models.reproduction.ablations import read_studies
from fer_models.reproduction.findings import findings
from fer_models.reproduction.origin import components, origin_text
from fer_models.reproduction.tables import Finding, page, trained_table

__all__ = ["Finding", "components", "findings", "origin_text", "page", "read_studies", "trained_table"]
