"""What a request asked of the database, told in its answer; on request, where its time went."""

import cProfile
import io
import pstats
import time

from django.db import connection
from django.http import HttpResponse


def count_queries(get_response):
    """Every answer says how many statements it took, and how long they took together.

    With `X-Bench-Profile: sql` the answer is the statements themselves, with `python` the slowest functions.
    """

    def middleware(request):
        log = []

        def record(execute, sql, params, many, context):
            begun = time.perf_counter()
            try:
                return execute(sql, params, many, context)
            finally:
                log.append((time.perf_counter() - begun, sql))

        wanted = request.headers.get("X-Bench-Profile", "")
        profile = cProfile.Profile() if wanted == "python" else None
        with connection.execute_wrapper(record):
            response = profile.runcall(get_response, request) if profile else get_response(request)
        if profile:
            response = HttpResponse(_slowest(profile), content_type="text/plain")
        elif wanted == "sql":
            response = HttpResponse(_statements(log), content_type="text/plain")
        response.headers["X-Bench-Queries"] = str(len(log))
        response.headers["X-Bench-SQL-Seconds"] = f"{sum(seconds for seconds, _sql in log):.6f}"
        return response

    return middleware


def _statements(log):
    return "".join(f"{seconds * 1000:7.2f} ms  {sql[:600]}\n" for seconds, sql in log)


def _slowest(profile):
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats("cumulative").print_stats(60)
    return text.getvalue()
