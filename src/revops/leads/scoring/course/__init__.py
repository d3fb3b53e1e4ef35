"""The whole past of scores: when each changed, and to what; the same numbers as of any instant."""

from revops.leads.scoring.course.compile import (
    COURSE,
    COURSE_COLUMNS,
    MASKS,
    Course,
    compile_course,
    thresholds_of,
    words_of,
)

__all__ = [
    "COURSE",
    "COURSE_COLUMNS",
    "MASKS",
    "Course",
    "compile_course",
    "thresholds_of",
    "words_of",
]
