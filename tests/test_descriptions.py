"""Everything that the Dagster UI shows has a description, and its Markdown shows all of it."""

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._config import ConfigType
from markdown_it import MarkdownIt
from markdown_it.token import Token

from eros_assets.definitions import build_definitions
from eros_assets.settings import load_settings

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SHOWN = {
    *("inline", "text", "softbreak", "code_inline", "paragraph_open", "paragraph_close"),
    *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
}
"""What descriptions are made of; HTML, headings, emphasis and code blocks are mistakes in them."""


def changed_by_markdown(text: str) -> set[str]:
    """The kinds of Markdown in a text that swallow a part of it, or show it as something else."""

    def kinds(tokens: list[Token]) -> Iterator[str]:
        for token in tokens:
            yield token.type
            yield from kinds(token.children or [])

    return set(kinds(MARKDOWN.parse(text))) - SHOWN


def descriptions(repository: dg.RepositoryDefinition) -> Iterator[tuple[str, str | None]]:
    graph = repository.asset_graph
    for key in graph.get_all_asset_keys():
        yield f"asset {key.to_user_string()}", graph.get(key).description
        schema = graph.get(key).metadata.get("dagster/column_schema")
        for column in schema.columns if schema else ():
            yield f"column {key.to_user_string()}.{column.name}", column.description
    for key in graph.asset_check_keys:
        yield f"check {key.name}", graph.get(key).description
    for job in repository.get_all_jobs():
        if not job.name.startswith("__"):
            yield f"job {job.name}", job.description
    for schedule in repository.schedule_defs:
        yield f"schedule {schedule.name}", schedule.description
    for sensor in repository.sensor_defs:
        yield f"sensor {sensor.name}", sensor.description
    for name, resource in repository.get_top_level_resources().items():
        yield f"resource {name}", resource.description
        yield from fields(name, resource.config_schema.config_type)
    for job in repository.get_all_jobs():
        for node in job.nodes:
            yield from fields(f"op {node.name}", node.definition.config_schema.config_type)


def fields(owner: str, config_type: ConfigType | None) -> Iterator[tuple[str, str | None]]:
    for name, field in (getattr(config_type, "fields", None) or {}).items():
        yield f"field {owner}.{name}", field.description
        yield from fields(f"{owner}.{name}", field.config_type)


@pytest.fixture(
    scope="module",
    params=[{"env": "local"}, {"env": "production", "spreadsheet_id": "x", "export_bucket": "abc"}],
    ids=["local", "production"],
)
def shown(request: pytest.FixtureRequest) -> list[tuple[str, str | None]]:
    repository = build_definitions(load_settings(request.param)).get_repository_def()
    return list(descriptions(repository))


def test_everything_that_the_ui_shows_has_a_description(
    shown: list[tuple[str, str | None]],
) -> None:
    assert {kind.split()[0] for kind, _ in shown} == {
        *("asset", "column", "check", "job", "schedule", "sensor", "resource", "field"),
    }
    assert [what for what, text in shown if not (text or "").strip()] == []


def test_markdown_shows_all_of_every_description(shown: list[tuple[str, str | None]]) -> None:
    wrong = {what: found for what, text in shown if text and (found := changed_by_markdown(text))}
    assert wrong == {}


@pytest.mark.parametrize(
    "text",
    ["one file per <page>", "a *b* c", "# of rows", "ends in\n    four spaces", "p~~q~~", "__x__"],
)
def test_markdown_that_changes_a_text_is_noticed(text: str) -> None:
    if text.startswith("ends in"):
        text = text.replace("\n", "\n\n")
    assert changed_by_markdown(text)


def test_code_and_lists_are_no_mistake() -> None:
    assert changed_by_markdown("one file per `<page>`:\n\n- a < b\n- c_d * e_f") == set()
