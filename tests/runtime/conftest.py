"""Stages run here on the small models of the modelling tests."""

from __future__ import annotations

from tests.modeling.conftest import bert_folder as bert_folder
