"""Tests of jobs, schedules, sensors and alerts."""
