"""The jobs that answer people: `explain_message` and `weekly_digest`."""

import datetime as dt
from typing import Any

import dagster as dg
from pydantic import Field

from eros_assets.assets.phases import ORCHESTRATION, SUCCESS, in_phase
from eros_assets.assets.reporting import DATASET_POOL
from eros_assets.assets.reports import report_metadata_of
from eros_assets.automation.console import CONSOLE_LOGGER, console
from eros_assets.calendar import monday_of
from eros_assets.errors import ErosError
from eros_assets.resources import AlertsResource, WarehouseResource

REPORT = dg.AssetKey("week_report")


class DateError(ErosError):
    """A week in the run config is no date."""


def _monday(text: str | None) -> dt.date | None:
    """The Monday of the week that a date lies in; None without a date.

    Raises:
        DateError: it is no date.
    """
    if not text:
        return None
    try:
        return monday_of(dt.date.fromisoformat(text.strip()))
    except ValueError:
        raise DateError(f"week: {text!r} is no date, such as 2026-11-30") from None


class ExplainConfig(dg.Config):
    """What to explain."""

    page: str = Field(description="The page, as page_name in the table creators: amber_lens.")
    message: int | None = Field(
        default=None,
        description="The number of the message in the page's week; none: the whole week.",
    )
    week: str | None = Field(
        default=None,
        description="Any date of the week, such as 2026-11-30; none: the week to plan, else the "
        "newest one of the page.",
    )


@dg.op(out=dg.Out(dg.Nothing))
def explain(
    context: dg.OpExecutionContext, config: ExplainConfig, warehouse: WarehouseResource
) -> None:
    """Say why a message is there, or what a page's week is made of; writes nothing."""
    from eros_assets.answers import explained  # imported here: few runs do

    dataset = warehouse.dataset(context)
    answer = explained(dataset, config.page, config.message, _monday(config.week))
    context.add_output_metadata({"answer": dg.MetadataValue.md(answer.markdown)})
    for heading, lines in answer.sections.items():
        context.log.info("\n".join((heading, *(f"  {line}" for line in lines))))


@dg.job(
    logger_defs={"console": console},
    executor_def=dg.in_process_executor,
    tags=in_phase(ORCHESTRATION),
)
def explain_message() -> None:
    """Why a message is there: caption, rivals, time, price, and what would change it.

    In the launchpad, fill in `page`, and `message` for one message. The answer is in the metadata
    of the step's output, and in its log.
    """
    explain()


class DigestConfig(dg.Config):
    """Which week to tell of."""

    week: str | None = Field(
        default=None,
        description="Any date of the week, such as 2026-11-30; none: the last week that is over.",
    )


@dg.op(out=dg.Out(dg.Nothing), pool=DATASET_POOL)
def send_digest(
    context: dg.OpExecutionContext,
    config: DigestConfig,
    warehouse: WarehouseResource,
    alerts: AlertsResource,
) -> None:
    """Report a week, and tell people of it by Slack and e-mail, whichever is configured.

    A channel that fails costs itself alone.
    """
    from eros_assets.answers.digest import digest_of  # imported here: they bring numpy
    from eros_assets.answers.report import last_week, week_report, written

    dataset = warehouse.dataset(context)
    week_start = _monday(config.week) or last_week(dataset)
    made = written(dataset, week_report(dataset, week_start))
    context.log_event(
        dg.AssetMaterialization(
            REPORT, partition=week_start.isoformat(), metadata=report_metadata_of(made)
        )
    )
    digest = digest_of(dataset, made.report)
    context.add_output_metadata(
        {
            "digest": dg.MetadataValue.md("\n".join(f"- {line}" for line in digest.lines)),
            "week": week_start.isoformat(),
        }
    )
    for line in (digest.title, *digest.lines):
        context.log.info(line)
    context.log.info(alerts.tell(digest.alert(str(made.page))).sentence)


@dg.job(
    config=CONSOLE_LOGGER,
    logger_defs={"console": console},
    executor_def=dg.in_process_executor,
    tags=in_phase(SUCCESS),
)
def weekly_digest() -> None:
    """The report of the last week that is over, and its digest by Slack and e-mail.

    `week` in the run config names another week.
    """
    send_digest()


def digest_run_config(week: dt.date | None = None) -> dict[str, Any]:
    """Run config of `weekly_digest`."""
    config = {} if week is None else {"week": week.isoformat()}
    return {"ops": {"send_digest": {"config": config}}, **CONSOLE_LOGGER}
