"""BigQuery's dialect as options of Google's analyser: product mode, features, statements."""

from functools import cache

from zetasql.wasi._pb2.zetasql.proto import options_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as public
from zetasql.wasi._pb2.zetasql.public import type_pb2
from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_node_kind_pb2 as kinds

DEFAULT_ZONE = "UTC"

# What BigQuery's reference documents and the SQL of a warehouse may touch. Features of the
# analyser that BigQuery lacks (lambdas, PI(), map types, aggregate FILTER …) stay off, so that
# their use is an error here as it is there.
FEATURES = """
    ADDITIONAL_STRING_FUNCTIONS ALLOW_CONSECUTIVE_ON ALLOW_DASHES_IN_TABLE_NAME
    ALLOW_REGEXP_EXTRACT_OPTIONALS ANALYTIC_FUNCTIONS ANNOTATION_FRAMEWORK BIGNUMERIC_TYPE CASE_STMT
    CAST_DIFFERENT_ARRAY_TYPES CBRT_FUNCTIONS CIVIL_TIME COLUMN_DEFAULT_VALUE CONCAT_MIXED_TYPES
    CREATE_MATERIALIZED_VIEW_CLUSTER_BY CREATE_MATERIALIZED_VIEW_PARTITION_BY CREATE_SNAPSHOT_TABLE
    CREATE_TABLE_AS_SELECT_COLUMN_LIST CREATE_TABLE_CLONE CREATE_TABLE_CLUSTER_BY CREATE_TABLE_COPY
    CREATE_TABLE_FIELD_ANNOTATIONS CREATE_TABLE_FUNCTION CREATE_TABLE_LIKE CREATE_TABLE_NOT_NULL
    CREATE_TABLE_PARTITION_BY CREATE_VIEW_WITH_COLUMN_LIST CREATE_VIEWS_WITH_COLUMN_OPTIONS
    DATE_ARITHMETICS DATE_TIME_CONSTRUCTORS DECIMAL_ALIAS DML_UPDATE_WITH_JOIN
    EXTENDED_DATE_TIME_SIGNATURES FORMAT_IN_CAST FOR_IN
    FOR_SYSTEM_TIME_AS_OF GROUPING_BUILTIN GROUPING_SETS GROUP_BY_ALL GROUP_BY_ARRAY GROUP_BY_ROLLUP
    GROUP_BY_STRUCT HAVING_IN_AGGREGATE INTERVAL_TYPE INVERSE_TRIG_FUNCTIONS IS_DISTINCT
    JSON_ARRAY_FUNCTIONS JSON_CONSTRUCTOR_FUNCTIONS JSON_KEYS_FUNCTION
    JSON_LAX_VALUE_EXTRACTION_FUNCTIONS JSON_MUTATOR_FUNCTIONS JSON_TYPE
    JSON_VALUE_EXTRACTION_FUNCTIONS LIKE_ANY_SOME_ALL LIMIT_IN_AGGREGATE NAMED_ARGUMENTS
    NULLS_FIRST_LAST_IN_ORDER_BY NULL_HANDLING_MODIFIER_IN_AGGREGATE
    NULL_HANDLING_MODIFIER_IN_ANALYTIC NUMERIC_TYPE OMIT_INSERT_COLUMN_LIST ORDER_BY_COLLATE
    ORDER_BY_IN_AGGREGATE PARAMETERIZED_TYPES PIVOT QUALIFY RANGE_TYPE ROUND_WITH_ROUNDING_MODE
    SAFE_FUNCTION_CALL SELECT_STAR_EXCEPT_REPLACE SCRIPT_LABEL TABLESAMPLE TABLE_VALUED_FUNCTIONS
    TEMPLATE_FUNCTIONS TIME_BUCKET_FUNCTIONS UNNEST_AND_FLATTEN_ARRAYS UNPIVOT
    UNENFORCED_PRIMARY_KEYS WEEK_WITH_WEEKDAY WITH_ON_SUBQUERY WITH_RECURSIVE
""".split()  # noqa: SIM905 (a hundred lines otherwise)

STATEMENTS = """
    QUERY CREATE_TABLE CREATE_TABLE_AS_SELECT CREATE_SNAPSHOT_TABLE CREATE_VIEW CREATE_FUNCTION
    CREATE_TABLE_FUNCTION CREATE_PROCEDURE INSERT UPDATE DELETE MERGE TRUNCATE CALL ASSERT BEGIN
    COMMIT ROLLBACK DROP DROP_FUNCTION DROP_TABLE_FUNCTION DROP_SNAPSHOT_TABLE ALTER_TABLE
    ALTER_VIEW EXPORT_DATA EXECUTE_IMMEDIATE
""".split()  # noqa: SIM905 (a hundred lines otherwise)

# Options of CREATE TABLE, VIEW and routines, and of columns; an unknown one is an error.
OPTIONS = {
    "description": type_pb2.TYPE_STRING,
    "friendly_name": type_pb2.TYPE_STRING,
    "expiration_timestamp": type_pb2.TYPE_TIMESTAMP,
    "partition_expiration_days": type_pb2.TYPE_DOUBLE,
    "require_partition_filter": type_pb2.TYPE_BOOL,
    "strict_mode": type_pb2.TYPE_BOOL,
}


@cache
def language_options() -> options_pb2.LanguageOptionsProto:
    """BigQuery's language."""
    return options_pb2.LanguageOptionsProto(
        product_mode=public.PRODUCT_EXTERNAL,
        name_resolution_mode=public.NAME_RESOLUTION_DEFAULT,
        enabled_language_features=[
            public.LanguageFeature.Value(f"FEATURE_{name}") for name in FEATURES
        ],
        supported_statement_kinds=[
            kinds.ResolvedNodeKind.Value(f"RESOLVED_{name}_STMT") for name in STATEMENTS
        ],
        reserved_keywords=["QUALIFY"],
    )


@cache
def analyzer_options() -> options_pb2.AnalyzerOptionsProto:
    """Options of every analysis: BigQuery's language, UTC, places on every node."""
    hints = options_pb2.AllowedHintsAndOptionsProto(disallow_unknown_options=True)
    for name, kind in OPTIONS.items():
        hints.option.add(name=name, type=type_pb2.TypeProto(type_kind=kind))
    label = hints.option.add(name="labels")
    label.type.type_kind = type_pb2.TYPE_ARRAY
    pair = label.type.array_type.element_type
    pair.type_kind = type_pb2.TYPE_STRUCT
    for _ in range(2):
        pair.struct_type.field.add().field_type.type_kind = type_pb2.TYPE_STRING
    return options_pb2.AnalyzerOptionsProto(
        language_options=language_options(),
        error_message_mode=public.ERROR_MESSAGE_ONE_LINE,
        default_timezone=DEFAULT_ZONE,
        prune_unused_columns=False,
        allow_undeclared_parameters=True,
        parameter_mode=public.PARAMETER_NAMED,
        parse_location_record_type=public.PARSE_LOCATION_RECORD_FULL_NODE_SCOPE,
        allowed_hints_and_options=hints,
    )
