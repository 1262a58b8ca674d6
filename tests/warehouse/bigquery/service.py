"""A BigQuery of one dataset, in memory: jobs that play as they are told, tables, uploads."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tests.google.discovery import Discovery, bigquery_v2
from tests.google.exchange import RefusalError
from tests.warehouse.bigquery.media import rows_of
from tests.warehouse.bigquery.plays import Column, Play, Request, Trouble, wire_rows, wire_schema

Body = dict[str, Any]
LABEL = re.compile(r"[a-z0-9_-]{0,63}")
LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,1024}")


@dataclass
class JobState:
    """A job on the server. `looks` is how often its state was shown."""

    resource: Body
    play: Play
    parent: str | None = None
    created: int = 0
    looks: int = 0
    cancelled: bool = False
    was_effective: bool = False

    @property
    def state(self) -> str:
        if self.cancelled:
            return "DONE"
        return self.play.states[min(self.looks, len(self.play.states) - 1)]


@dataclass
class Service:
    """Answers methods of the API. `plays` and `troubles` are used up in order, each once."""

    location: str = "US"
    page_size: int = 2
    plays: list[tuple[str, Play]] = field(default_factory=list)
    troubles: dict[str, list[Trouble]] = field(default_factory=lambda: defaultdict(list))
    jobs: dict[str, JobState] = field(default_factory=dict)
    tables: dict[str, Body] = field(default_factory=dict)
    contents: dict[str, pa.Table] = field(default_factory=dict)
    listed: dict[str, tuple[Sequence[Column], Sequence[Sequence[Any]]]] = field(
        default_factory=dict
    )
    routines: dict[str, Body] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    has_dataset: bool = True
    datasets: dict[str, Body] = field(default_factory=dict)
    dataset_location: str | None = None
    lifetimes: Body = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    destination: Body | None = None
    _clock: int = 1_762_156_800_000

    # -- for tests

    def will(self, *plays: Play, part: str = "") -> None:
        """Have the next jobs whose statement contains `part` play these."""
        self.plays += [(part, play) for play in plays]

    def trouble(self, method: str, *troubles: Trouble) -> None:
        """Have the next requests for a method (`jobs.insert`) go wrong."""
        self.troubles[f"bigquery.{method}"] += troubles

    def add_table(
        self, name: str, *columns: Column, rows: int = 0, modified: int = 0, **more: Any
    ) -> None:
        """Have a table."""
        self.tables[name] = {
            "kind": "bigquery#table",
            "tableReference": {
                "projectId": "of-scheduler-proj",
                "datasetId": "eros_scheduling_brain",
                "tableId": name,
            },
            "schema": wire_schema(columns),
            "numRows": str(rows),
            "lastModifiedTime": str(modified),
            "type": "TABLE",
            "labels": {},
            **more,
        }

    def add_routine(self, name: str, kind: str, modified: int, description: str | None) -> None:
        """Have a routine, in the place of one of that name; `modified` in milliseconds."""
        self.routines[name] = {
            "routineReference": {
                "projectId": "of-scheduler-proj",
                "datasetId": "eros_scheduling_brain",
                "routineId": name,
            },
            "routineType": kind,
            "lastModifiedTime": str(modified),
            "definitionBody": "…",
            **({} if description is None else {"description": description}),
        }

    def sent(self, method: str) -> list[Request]:
        """The requests for a method so far."""
        return [request for request in self.requests if request.method == f"bigquery.{method}"]

    @property
    def statements(self) -> list[str]:
        """The statements of the query jobs so far, dry runs included."""
        bodies = [request.body for request in self.sent("jobs.insert")]
        return [
            b["configuration"]["query"]["query"] for b in bodies if "query" in b["configuration"]
        ]

    # -- methods

    @property
    def discovery(self) -> Discovery:
        """Google's document of BigQuery."""
        return bigquery_v2()

    def error_body(self, refusal: RefusalError) -> Body:
        """An error as BigQuery words it."""
        proto = {"reason": refusal.reason, "message": refusal.message, "domain": "global"}
        return {"error": {"code": refusal.status, "message": refusal.message, "errors": [proto]}}

    def answer(self, request: Request) -> Body:
        """The answer to a request.

        Raises:
            RefusalError: an answer with an error status.
        """
        name = request.method.removeprefix("bigquery.").replace(".", "_")
        method: Callable[[Request], Body] | None = getattr(self, f"_{name}", None)
        if method is None:
            raise RefusalError(501, "notImplemented", f"{request.method} is not played here")
        return method(request)

    def _jobs_insert(self, request: Request) -> Body:
        body: Body = {**request.body}
        configuration = body["configuration"]
        reference = body.setdefault("jobReference", {"projectId": request.path["projectId"]})
        job_id = reference.get("jobId", "")
        self._check_labels(configuration.get("labels", {}))
        if not JOB_ID.fullmatch(job_id):
            self.violations.append(f"job id {job_id!r}")
        if reference.get("location") != self.location:
            self.violations.append(f"job {job_id} is not for location {self.location}")
        statement = configuration.get("query", {}).get("query", "LOAD")
        if configuration.get("dryRun"):
            play = self._play_of(statement)
            if play.error:  # there is no job that could end with it
                denied = play.error[0] in ("accessDenied", "billingNotEnabled")
                raise RefusalError(403 if denied else 400, *play.error)
            return self._shown(JobState({**body}, play), "DRY")
        if job_id in self.jobs:
            raise RefusalError(
                409, "duplicate", f"Already Exists: Job of-scheduler-proj:US.{job_id}"
            )
        job = JobState(body, self._play_of(statement), created=self._tick())
        self.jobs[job_id] = job
        at = self._tick()  # statements often begin in the same millisecond
        for number, child in enumerate(job.play.children):
            child_id = f"script_job_{job_id}_{number}"
            child_body = {
                "jobReference": {**reference, "jobId": child_id},
                "configuration": {"jobType": "QUERY", "query": {"query": child.statement_type}},
            }
            self.jobs[child_id] = JobState(child_body, child, parent=job_id, created=at)
        if "load" in configuration and job.play.error is None:
            self._load(configuration["load"], request.media)
        return self._shown(job, job_id)

    def _jobs_get(self, request: Request) -> Body:
        job_id = request.path["jobId"]
        job = self._job(request)
        job.looks += 1
        return self._shown(job, job_id)

    def _jobs_cancel(self, request: Request) -> Body:
        job = self._job(request)
        job.cancelled = job.state != "DONE"
        shown = self._shown(job, request.path["jobId"])
        return {"kind": "bigquery#jobCancelResponse", "job": shown}

    def _jobs_list(self, request: Request) -> Body:
        children = [
            (job_id, job)
            for job_id, job in self.jobs.items()
            if job.parent == request.query.get("parentJobId")
        ]
        children.reverse()  # newest first
        start = int(request.query.get("pageToken", "0"))
        page = children[start : start + self.page_size]
        answer: Body = {"kind": "bigquery#jobList", "jobs": []}
        for job_id, job in page:
            shown = self._shown(job, job_id)
            answer["jobs"].append({**shown, "state": job.state})
        if start + self.page_size < len(children):
            answer["nextPageToken"] = str(start + self.page_size)
        return answer

    def _jobs_getQueryResults(self, request: Request) -> Body:  # noqa: N802 (the API's name)
        job = self._job(request)
        play = self._result_of(job)
        if play.error:
            raise RefusalError(400, *play.error)
        answer: Body = {
            "kind": "bigquery#getQueryResultsResponse",
            "jobReference": job.resource["jobReference"],
            "jobComplete": job.state == "DONE",
        }
        if not answer["jobComplete"] or not play.columns:
            return answer
        start = int(request.query.get("pageToken", "0"))
        size = min(int(request.query.get("maxResults", self.page_size)), self.page_size)
        answer["schema"] = wire_schema(play.columns)
        answer["totalRows"] = str(len(play.rows))
        if size:
            answer["rows"] = wire_rows(play.columns, play.rows[start : start + size])
        if start + size < len(play.rows):
            answer["pageToken"] = str(start + size)
        return _only(answer, request.query.get("fields"))

    def _tables_get(self, request: Request) -> Body:
        return self._table(request)

    def _routines_list(self, request: Request) -> Body:
        if not self.has_dataset:
            return self._datasets_get(request)
        left_out = ("description", "definitionBody")
        listed = [
            {key: value for key, value in routine.items() if key not in left_out}
            for routine in self.routines.values()
        ]
        start = int(request.query.get("pageToken", "0"))
        end = start + self.page_size
        answer: Body = {"routines": listed[start:end]}
        return answer | ({"nextPageToken": str(end)} if end < len(listed) else {})

    def _routines_get(self, request: Request) -> Body:
        name = request.path["routineId"]
        if name not in self.routines:
            raise RefusalError(404, "notFound", f"Not found: Routine {name}")
        return self.routines[name]

    def _tabledata_list(self, request: Request) -> Body:
        table = self._table(request)
        listed = self.listed.get(request.path["tableId"])
        if listed is None:
            return {"kind": "bigquery#tableDataList", "totalRows": table["numRows"]}
        columns, rows = listed
        start = int(request.query.get("pageToken", "0"))
        most = int(request.query.get("maxResults", self.page_size))
        end = min(start + min(most, self.page_size), len(rows))
        answer: Body = {
            "kind": "bigquery#tableDataList",
            "totalRows": str(len(rows)),
            "rows": wire_rows(columns, rows[start:end]),
        }
        return answer | ({"pageToken": str(end)} if end < len(rows) else {})

    def _tables_testIamPermissions(self, request: Request) -> Body:  # noqa: N802
        held = [p for p in request.body["permissions"] if p not in self.denied]
        return {"permissions": held} if held else {}

    def _datasets_get(self, request: Request) -> Body:
        if not self.has_dataset:
            name = f"{request.path['projectId']}:{request.path['datasetId']}"
            raise RefusalError(404, "notFound", f"Not found: Dataset {name}")
        reference = {k: request.path[k] for k in ("projectId", "datasetId")}
        return {
            "kind": "bigquery#dataset",
            "datasetReference": reference,
            "location": self.dataset_location or self.location,
            **self.lifetimes,
        }

    def _datasets_insert(self, request: Request) -> Body:
        name = request.body["datasetReference"]["datasetId"]
        self._check_labels(request.body.get("labels", {}))
        if name in self.datasets:
            raise RefusalError(409, "duplicate", f"Already Exists: Dataset {name}")
        self.datasets[name] = {"kind": "bigquery#dataset", **request.body}
        return self.datasets[name]

    def _datasets_list(self, request: Request) -> Body:
        key, value = request.query["filter"].removeprefix("labels.").split(":")
        listed = [d for d in self.datasets.values() if d.get("labels", {}).get(key) == value]
        return {"kind": "bigquery#datasetList", "datasets": listed}

    def _datasets_delete(self, request: Request) -> Body:
        if self.datasets.pop(request.path["datasetId"], None) is None:
            raise RefusalError(404, "notFound", f"Not found: Dataset {request.path['datasetId']}")
        if request.query.get("deleteContents") != "true":
            self.violations.append("a dataset with contents is deleted without deleteContents")
        return {}

    def _tables_insert(self, request: Request) -> Body:
        name = request.body["tableReference"]["tableId"]
        self._check_labels(request.body.get("labels", {}))
        if name in self.tables:
            raise RefusalError(409, "duplicate", f"Already Exists: Table {name}")
        self.add_table(name)
        self.tables[name] |= dict(request.body)
        return self.tables[name]

    def _tables_patch(self, request: Request) -> Body:
        table = self._table(request)
        labels = request.body.get("labels", {})
        self._check_labels(labels)
        table.update({k: v for k, v in request.body.items() if k not in ("labels",)})
        table["labels"] = {**table["labels"], **labels}
        return table

    # -- inside

    def _play_of(self, statement: str) -> Play:
        for number, (part, play) in enumerate(self.plays):
            if part in statement:
                del self.plays[number]
                return play
        return Play()

    def _result_of(self, job: JobState) -> Play:
        """What getQueryResults reads: of a script, its last SELECT."""
        if job.play.columns or not job.play.children:
            return job.play
        selects = [c for c in job.play.children if c.statement_type == "SELECT"]
        return selects[-1] if selects else job.play

    def _job(self, request: Request) -> JobState:
        job = self.jobs.get(request.path["jobId"])
        if job is None or request.query.get("location", "US") != self.location:
            raise RefusalError(404, "notFound", f"Not found: Job {request.path['jobId']}")
        return job

    def _table(self, request: Request) -> Body:
        name = request.path["tableId"]
        dataset = f"{request.path['projectId']}:{request.path['datasetId']}"
        if not self.has_dataset:
            raise RefusalError(404, "notFound", f"Not found: Dataset {dataset}")
        if name not in self.tables:
            raise RefusalError(404, "notFound", f"Not found: Table {dataset}.{name}")
        return self.tables[name]

    def _shown(self, job: JobState, job_id: str) -> Body:
        play, state = job.play, job.state
        if state == "DONE" and play.effect and not play.error and not job.was_effective:
            job.was_effective = True
            play.effect(self)
        status: Body = {"state": state}
        error = ("stopped", "Job execution was cancelled: User requested cancellation")
        fault = error if job.cancelled else play.error
        if state == "DONE" and fault:
            proto = {"reason": fault[0], "message": fault[1]}
            status |= {"errorResult": proto, "errors": [proto]}
        statistics: Body = {"creationTime": str(job.created), "startTime": str(job.created)}
        if state == "DONE" and play.milliseconds is not None:
            statistics["endTime"] = str(job.created + play.milliseconds)
        if play.children:
            statistics["numChildJobs"] = str(len(play.children))
        if job.parent:
            statistics |= {"parentJobId": job.parent, "scriptStatistics": _script_statistics(play)}
        if "load" in job.resource["configuration"]:
            statistics["load"] = {"outputRows": "0", "inputFileBytes": "1000"}
        else:
            statistics["totalBytesProcessed"] = str(play.bytes_processed)
            statistics["query"] = {
                "statementType": "SCRIPT" if play.children else play.statement_type,
                "totalBytesBilled": str(play.bytes_billed),
                "totalBytesProcessed": str(play.bytes_processed),
            }
            if self.destination:
                job.resource["configuration"]["query"]["destinationTable"] = self.destination
            if play.changed_rows is not None:
                statistics["query"]["numDmlAffectedRows"] = str(play.changed_rows)
        return {
            **job.resource,
            "id": f"of-scheduler-proj:US.{job_id}",
            "kind": "bigquery#job",
            "status": status,
            "statistics": statistics,
        }

    def _load(self, load: Mapping[str, Any], media: bytes) -> None:
        name = load["destinationTable"]["tableId"]
        table, _, day = name.partition("$")
        if day and self.tables[table].get("timePartitioning", {}).get("type") != "DAY":
            self.violations.append(f"load into {name}, which has no such partition")
        if table not in self.tables:
            self.violations.append(f"load into {name}, which is not there, with CREATE_NEVER")
        rows, violations = rows_of(load["schema"]["fields"], media)
        self.violations += [f"load into {name}: {violation}" for violation in violations]
        self.contents[name] = rows

    def _check_labels(self, labels: Mapping[str, str]) -> None:
        for key, value in labels.items():
            if not LABEL_KEY.fullmatch(key) or not LABEL.fullmatch(value):
                self.violations.append(f"label {key!r}: {value!r} is not valid")

    def _tick(self) -> int:
        self._clock += 1
        return self._clock


def _script_statistics(play: Play) -> Body:
    frames = [
        {
            "startLine": frame.line,
            "startColumn": frame.column,
            "endLine": frame.line,
            "endColumn": frame.column,
            "procedureId": frame.procedure,
            "text": frame.text,
        }
        for frame in play.frames
    ]
    return {"evaluationKind": play.evaluation, "stackFrames": frames}


def _only(answer: Body, fields: str | None) -> Body:
    """The fields of an answer that were asked for."""
    if not fields:
        return answer
    names = {re.split(r"[(/]", name)[0] for name in re.split(r",(?![^(]*\))", fields)}
    return {key: value for key, value in answer.items() if key in names}
