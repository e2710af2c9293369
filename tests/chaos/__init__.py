"""Kill -9 of every part of the service while cases are signed off, on a set-up that belongs to the run alone: ``make chaos``."""
