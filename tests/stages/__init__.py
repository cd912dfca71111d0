"""Table tests of the stages: environment and answers in, resources and verdicts out."""
