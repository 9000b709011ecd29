"""Rubrics: yes/no questions that models answer about examples."""
