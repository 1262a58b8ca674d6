"""DATE, DATETIME and TIMESTAMP.

DuckDB's session runs in UTC; TIMESTAMP is TIMESTAMPTZ there and DATETIME is TIMESTAMP. `x + 0`
makes DuckDB refuse anything but a DATE where GoogleSQL asks for one.
"""

from sqlglot import exp

from eros_assets.warehouse.duckdb.googlesql.rule import (
    Rule,
    Rules,
    bound_macro,
    duck,
    needed,
    part,
    refuse,
)

_WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_MICROSECONDS = {
    "MICROSECOND": 1,
    "MILLISECOND": 1_000,
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
}
_WHOLE_HOUR_ZONES = ("America/Los_Angeles", "UTC")


def _unit(node: exp.Expr) -> str:
    """The date part: MONTH, or WEEK(MONDAY) for what ISOWEEK is, or WEEK(<day>)."""
    unit = needed(node, "unit")
    name = f"WEEK({unit.name.upper()})" if isinstance(unit, exp.WeekStart) else unit.name.upper()
    return {"ISOWEEK": "WEEK(MONDAY)", "WEEK": "WEEK(SUNDAY)"}.get(name, name)


def _week_shift(unit: str) -> int | None:
    """Days to add so that the week's first day becomes a Monday; None when it is no week."""
    if not unit.startswith("WEEK("):
        return None
    return -_WEEKDAYS.index(unit[5:-1]) % 7


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def _amount(node: exp.Expr) -> exp.Expr:
    amount = needed(node, "expression")
    literal = isinstance(amount, exp.Literal) or (
        isinstance(amount, exp.Neg) and isinstance(amount.this, exp.Literal)
    )
    return duck(f"CAST(:n AS {'INTEGER' if literal else 'BIGINT'})", n=amount)


def _as_date(x: exp.Expr) -> exp.Expr:
    """A string literal is taken for a DATE, as GoogleSQL coerces it."""
    return duck("CAST(:x AS DATE)", x=x) if isinstance(x, exp.Literal) else x


def _date_shift(sign: str) -> Rule:
    def rule(node: exp.Expr) -> exp.Expr:
        unit, x, n = _unit(node), _as_date(node.this), _amount(node)
        if unit == "DAY":
            return duck(f"(:x {sign} CAST(:n AS INTEGER))", x=x, n=n)
        if unit == "WEEK(SUNDAY)":
            return duck(f"(:x {sign} CAST(7 * :n AS INTEGER))", x=x, n=n)
        if unit in _MONTHS:
            months = _number(_MONTHS[unit])
            return duck(
                f"CAST((:x + 0) {sign} to_months(CAST(:k * :n AS INTEGER)) AS DATE)",
                x=x, n=n, k=months,
            )  # fmt: skip
        raise refuse(node, f"no DATE moves by {unit}")

    return rule


def _instant_shift(sign: str, calendar: bool) -> Rule:
    def rule(node: exp.Expr) -> exp.Expr:
        unit, x, n = _unit(node), node.this, _amount(node)
        if unit in _MICROSECONDS:
            k = _number(_MICROSECONDS[unit])
            return duck(f"(:x {sign} to_microseconds(:k * CAST(:n AS BIGINT)))", x=x, k=k, n=n)
        if calendar and unit == "WEEK(SUNDAY)":
            return duck(f"(:x {sign} to_days(CAST(7 * :n AS INTEGER)))", x=x, n=n)
        if calendar and unit in _MONTHS:
            k = _number(_MONTHS[unit])
            return duck(f"(:x {sign} to_months(CAST(:k * :n AS INTEGER)))", x=x, k=k, n=n)
        raise refuse(node, f"no instant moves by {unit}")

    return rule


def _date_diff(node: exp.Expr) -> exp.Expr:
    unit = _unit(node)
    a, b = _as_date(node.this), _as_date(needed(node, "expression"))
    if unit == "DAY":
        return duck("CAST((:a + 0) - (:b + 0) AS BIGINT)", a=a, b=b)
    shift = _week_shift(unit)
    if shift is not None:
        k = _number(shift)
        return duck(
            "date_diff('week', date_trunc('week', :b + :k), date_trunc('week', :a + :k))",
            a=a, b=b, k=k,
        )  # fmt: skip
    if unit in _MONTHS:
        return duck(f"date_diff('{unit.lower()}', :b + 0, :a + 0)", a=a, b=b)
    if unit == "ISOYEAR":
        return duck("(date_part('isoyear', :a + 0) - date_part('isoyear', :b + 0))", a=a, b=b)
    raise refuse(node, f"no difference of DATEs in {unit}")


def _datetime_diff(node: exp.Expr) -> exp.Expr:
    unit = _unit(node)
    if unit not in _MICROSECONDS and unit not in _MONTHS:
        raise refuse(node, f"no difference of DATETIMEs in {unit}")
    b = needed(node, "expression")
    return duck(f"date_diff('{unit.lower()}', :b, :a)", a=node.this, b=b)


def _timestamp_diff(node: exp.Expr) -> exp.Expr:
    unit = _unit(node)
    if unit not in _MICROSECONDS:
        raise refuse(node, f"no difference of TIMESTAMPs in {unit}")
    k = _number(_MICROSECONDS[unit])
    b = needed(node, "expression")
    return duck("((epoch_us(:a) - epoch_us(:b)) // :k)", a=node.this, b=b, k=k)


def _date_trunc(node: exp.Expr) -> exp.Expr:
    unit, x = _unit(node), _as_date(node.this)
    if unit == "DAY":
        return duck("(:x + 0)", x=x)
    shift = _week_shift(unit)
    if shift is not None:
        k = _number(shift)
        return duck("(CAST(date_trunc('week', :x + :k) AS DATE) - :k)", x=x, k=k)
    if unit in (*_MONTHS, "ISOYEAR"):
        if unit == "ISOYEAR":  # the Monday of the week that 4 January is in
            return duck(
                "CAST(date_trunc('week', make_date(date_part('isoyear', :x + 0), 1, 4)) AS DATE)",
                x=x,
            )
        return duck(f"CAST(date_trunc('{unit.lower()}', :x + 0) AS DATE)", x=x)
    raise refuse(node, f"no DATE is cut to {unit}")


def _local_trunc(node: exp.Expr, local: exp.Expr, unit: str) -> exp.Expr:
    shift = _week_shift(unit)
    if shift is not None:
        k = _number(shift)
        return duck("(date_trunc('week', :x + to_days(:k)) - to_days(:k))", x=local, k=k)
    if unit in (*_MONTHS, *_MICROSECONDS):
        return duck(f"date_trunc('{unit.lower()}', :x)", x=local)
    raise refuse(node, f"no instant is cut to {unit}")


def _timestamp_trunc(node: exp.Expr) -> exp.Expr:
    unit, zone = _unit(node), part(node, "zone")
    if zone is None or zone.name == "UTC":
        return _local_trunc(node, node.this, unit)
    if unit in _MICROSECONDS and unit != "DAY":
        if zone.name not in _WHOLE_HOUR_ZONES:
            raise refuse(node, f"cuts to {unit} in {zone.name}, which may be off by minutes")
        return _local_trunc(node, node.this, unit)
    local = duck("timezone(:zone, :x)", x=node.this, zone=zone)
    return bound_macro("instant", _local_trunc(node, local, unit), zone.copy())


def _datetime_trunc(node: exp.Expr) -> exp.Expr:
    return _local_trunc(node, node.this, _unit(node))


def _extract(node: exp.Expr) -> exp.Expr:
    unit = node.this
    name = f"WEEK({unit.name.upper()})" if isinstance(unit, exp.WeekStart) else unit.name.upper()
    source = needed(node, "expression")
    snippets = {
        "DAYOFWEEK": "(date_part('dow', :x) + 1)",
        "DAYOFYEAR": "date_part('doy', :x)",
        "ISOWEEK": "date_part('week', :x)",
        "WEEK": "CAST(strftime(:x, '%U') AS BIGINT)",
        "WEEK(SUNDAY)": "CAST(strftime(:x, '%U') AS BIGINT)",
        "WEEK(MONDAY)": "CAST(strftime(:x, '%W') AS BIGINT)",
        "DATE": "CAST(:x AS DATE)",
        "MICROSECOND": "(date_part('microsecond', :x) % 1000000)",
        "MILLISECOND": "(date_part('millisecond', :x) % 1000)",
    }
    plain = ("YEAR", "ISOYEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
    if name in plain:
        return duck(f"date_part('{name.lower()}', :x)", x=source)
    if name in snippets:
        return duck(snippets[name], x=source)
    raise refuse(node, f"{name} is not extracted")


def _date(node: exp.Expr) -> exp.Expr:
    zone = part(node, "zone")
    if zone is not None:
        return duck("CAST(timezone(:zone, :x) AS DATE)", x=node.this, zone=zone)
    return duck("CAST(:x AS DATE)", x=node.this)


def _datetime(node: exp.Expr) -> exp.Expr:
    zone = part(node, "expression")
    if zone is not None:
        return duck("timezone(:zone, :x)", x=node.this, zone=zone)
    return duck("CAST(:x AS TIMESTAMP)", x=node.this)


def _timestamp(node: exp.Expr) -> exp.Expr:
    zone = part(node, "zone")
    if zone is not None:
        return bound_macro("instant", duck("CAST(:x AS TIMESTAMP)", x=node.this), zone)
    return duck("CAST(:x AS TIMESTAMPTZ)", x=node.this)


_DIRECTIVES = frozenset("YmdHMSABabjyIpGVuwUW")


def _time_to_str(node: exp.Expr) -> exp.Expr:
    """FORMAT_DATE, FORMAT_DATETIME and FORMAT_TIMESTAMP with a literal format."""
    form, source, zone = needed(node, "format"), node.this, part(node, "zone")
    if not isinstance(form, exp.Literal):
        raise refuse(node, "the format must be a literal")
    kinds = {exp.TsOrDsToDate: "DATE", exp.TsOrDsToDatetime: "TIMESTAMP"}
    instant = isinstance(source, exp.TsOrDsToTimestamp)
    x = source.this
    if instant:
        local = duck("timezone(:zone, :x)", x=x, zone=zone or exp.Literal.string("UTC"))
    else:
        local = duck(f"CAST(:x AS {kinds.get(type(source), 'DATE')})", x=x)
    pieces: list[exp.Expr] = []
    for number, piece in enumerate(form.name.split("%Ez")):
        if number and not instant:
            raise refuse(node, "%Ez needs a TIMESTAMP")
        if number:
            zone_name = zone.copy() if zone is not None else exp.Literal.string("UTC")
            pieces.append(bound_macro("zone_offset", x.copy(), zone_name))
        directives = piece.replace("%%", "").split("%")[1:]
        for directive in directives:
            if directive[:1] not in _DIRECTIVES:
                raise refuse(node, f"the format's %{directive[:2]} is not translated")
        if piece:
            text = exp.Literal.string(piece)
            pieces.append(duck("strftime(:x, :format)", x=local.copy(), format=text))
    result = pieces[0] if pieces else exp.Literal.string("")
    for piece in pieces[1:]:
        result = duck(":a || :b", a=result, b=piece)
    return exp.Paren(this=result)


def _unix(unit: int) -> Rule:
    def rule(node: exp.Expr) -> exp.Expr:
        return bound_macro("floor_units", duck("epoch_us(:x)", x=node.this), _number(unit))

    return rule


def _from_unix(node: exp.Expr) -> exp.Expr:
    scale = part(node, "scale")
    power = int(scale.name) if scale is not None else 0
    k = _number(10 ** (6 - power))
    return duck("make_timestamptz(CAST(:x AS BIGINT) * :k)", x=node.this, k=k)


def _date_from_unix(node: exp.Expr) -> exp.Expr:
    return duck("(CAST('1970-01-01' AS DATE) + CAST(:x AS INTEGER))", x=node.this)


def _unix_date(node: exp.Expr) -> exp.Expr:
    return duck("CAST((:x + 0) - CAST('1970-01-01' AS DATE) AS BIGINT)", x=_as_date(node.this))


def _last_day(node: exp.Expr) -> exp.Expr:
    unit = part(node, "unit")
    if unit is not None and unit.name.upper() != "MONTH":
        raise refuse(node, "only the last day of a month is translated")
    return duck("last_day(:x + 0)", x=_as_date(node.this))


RULES: Rules = {
    exp.DateAdd: _date_shift("+"),
    exp.DateSub: _date_shift("-"),
    exp.DatetimeAdd: _instant_shift("+", calendar=True),
    exp.DatetimeSub: _instant_shift("-", calendar=True),
    exp.TimestampAdd: _instant_shift("+", calendar=False),
    exp.TimestampSub: _instant_shift("-", calendar=False),
    exp.DateDiff: _date_diff,
    exp.DatetimeDiff: _datetime_diff,
    exp.TimestampDiff: _timestamp_diff,
    exp.DateTrunc: _date_trunc,
    exp.DatetimeTrunc: _datetime_trunc,
    exp.TimestampTrunc: _timestamp_trunc,
    exp.Extract: _extract,
    exp.Date: _date,
    exp.Datetime: _datetime,
    exp.Timestamp: _timestamp,
    exp.TimeToStr: _time_to_str,
    exp.UnixSeconds: _unix(1_000_000),
    exp.UnixMillis: _unix(1_000),
    exp.UnixToTime: _from_unix,
    exp.UnixDate: _unix_date,
    exp.DateFromUnixDate: _date_from_unix,
    exp.LastDay: _last_day,
}
