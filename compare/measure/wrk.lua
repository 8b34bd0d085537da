-- Load by wrk: requests from a file, any pipeline depth, results as one JSON line.
--
-- Arguments after `--`: FILE DEPTH. FILE holds ready-made HTTP requests, each after a line with its length in bytes.
-- DEPTH requests are sent at once on a connection before an answer is awaited.
--
-- No `response` function on purpose: with one, wrk builds a table for every answer and becomes the bottleneck.
-- Answers of 400 and above are counted by wrk itself; bodies are checked in a pass of their own beside the load.

local payloads, position = {}, 0

function init(arguments)
  local file, depth = arguments[1], tonumber(arguments[2] or "1")
  local requests, handle = {}, assert(io.open(file, "rb"))
  while true do
    local length = handle:read("*l")
    if not length then break end
    requests[#requests + 1] = handle:read(tonumber(length))
  end
  handle:close()
  -- Each payload is `depth` requests in a row, beginning one further than the one before, so that all are sent alike.
  for first = 1, #requests do
    local parts = {}
    for offset = 0, depth - 1 do
      parts[#parts + 1] = requests[(first - 1 + offset) % #requests + 1]
    end
    payloads[first] = table.concat(parts)
  end
end

function request()
  position = position % #payloads + 1
  return payloads[position]
end

function done(summary, latency)
  local points = {}
  for _, percentile in ipairs({ 1, 5, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92, 94, 95, 96, 97, 98, 99,
                                99.25, 99.5, 99.75, 99.9, 99.95, 99.99 }) do
    points[#points + 1] = string.format("[%g,%.3f]", percentile, latency:percentile(percentile) / 1000)
  end
  io.write(string.format(
    '\nWRK_RESULT {"requests":%d,"bytes":%d,"seconds":%.6f,"connectErrors":%d,"readErrors":%d,"writeErrors":%d,' ..
    '"timeouts":%d,"errorAnswers":%d,"minimum":%.3f,"maximum":%.3f,"points":[%s]}\n',
    summary.requests, summary.bytes, summary.duration / 1e6, summary.errors.connect, summary.errors.read,
    summary.errors.write, summary.errors.timeout, summary.errors.status,
    latency.min / 1000, latency.max / 1000, table.concat(points, ",")))
end
