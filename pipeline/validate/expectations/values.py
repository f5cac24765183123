"""Expectations on the values of one column; each is one of Great Expectations' own classes."""

from __future__ import annotations

from pydantic import model_validator

from pipeline.validate.dataset_view import View
from pipeline.validate.expectations.base import Arguments, Check, ColumnRule, ShareRule, mostly, within


class Between(ColumnRule):
    """Bounds, both included; leave one out for no bound on that side."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _bounds_make_sense(self) -> Between:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")
        return self


def values_present(rule: ColumnRule, view: View) -> Check:
    """Every value is there; blank text counts as missing."""
    title = f"{rule.column} has a value{mostly(rule.share)}"
    return Check(title, "ExpectColumnValuesToNotBeNull", {"column": rule.column, "mostly": rule.share})


def unique(rule: ColumnRule, view: View) -> Check:
    """No value stands twice."""
    title = f"{rule.column} is unique{mostly(rule.share)}"
    return Check(title, "ExpectColumnValuesToBeUnique", {"column": rule.column, "mostly": rule.share})


def length_between(rule: Between, view: View) -> Check:
    """Text length in Unicode code points, so Chinese and English bounds differ; missing values are left out."""
    title = f"{rule.column} is {within(rule.min, rule.max)} characters long{mostly(rule.share)}"
    return Check(title, "ExpectColumnValueLengthsToBeBetween", _arguments(rule))


def number_between(rule: Between, view: View) -> Check:
    """A number within bounds; missing values are left out."""
    title = f"{rule.column} is {within(rule.min, rule.max)}{mostly(rule.share)}"
    return Check(title, "ExpectColumnValuesToBeBetween", _arguments(rule))


def in_languages(rule: ShareRule, view: View) -> Check:
    """The language of every record is among task.languages."""
    title = f"lang is one of {', '.join(view.task.languages)}{mostly(rule.share)}"
    arguments: Arguments = {"column": "lang", "value_set": list(view.task.languages), "mostly": rule.share}
    return Check(title, "ExpectColumnValuesToBeInSet", arguments)


def _arguments(rule: Between) -> Arguments:
    found: Arguments = {"column": rule.column, "mostly": rule.share}
    if rule.min is not None:
        found["min_value"] = rule.min
    if rule.max is not None:
        found["max_value"] = rule.max
    return found
