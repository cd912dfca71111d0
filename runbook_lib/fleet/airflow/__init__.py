"""Run environments under Apache Airflow: a DAG for each parameter file, whose tasks are the commands that a person types.

What stands here is imported by Airflow's own Python, which has none of our dependencies: the standard library, Airflow, and PyYAML, which
comes with it.
"""
