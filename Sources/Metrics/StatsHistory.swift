public import Bytes

/// What the status page's charts show, of the last minutes: so that they are there when somebody opens the page, and a
/// peak that is over can still be seen. A value; whoever has a clock adds to it.
///
/// ```json
/// { "entries": [{ "time": 1730000000000, "milliseconds": 2000, "failed": 0, "cpu": 0, "cells": [[137, 2]] }] }
/// ```
///
/// An entry says what was counted in the `milliseconds` before its `time`, in the units of `StatsJSON`. The oldest
/// comes first.
public struct StatsHistory: Sendable {
    public static let intervalMilliseconds = 2_000
    public static let keptMilliseconds = 180_000

    private struct Entry: Sendable {
        let unixMilliseconds: Int
        let milliseconds: Int
        let failed: UInt64
        let cpuMicroseconds: Int
        /// Those that are not 0.
        let cells: [(cell: Int, count: UInt64)]
    }

    private struct Total: Sendable {
        let unixMilliseconds: Int
        let failed: UInt64
        let cpuMicroseconds: Int
        let cells: [UInt64]
    }

    private var entries: [Entry] = []
    private var last: Total?

    public init() {}

    /// Adds what was counted since the last time. A clock that was set back begins a new history.
    public mutating func add(_ counted: LoopMetrics, cpuMicroseconds: Int, unixMilliseconds: Int) {
        let (failed, durations) = counted.allCalls()
        let total = Total(
            unixMilliseconds: unixMilliseconds, failed: failed, cpuMicroseconds: cpuMicroseconds,
            cells: Array(durations.cells))
        defer { last = total }
        guard let last, last.unixMilliseconds < unixMilliseconds else { return entries.removeAll() }
        entries.append(
            Entry(
                unixMilliseconds: unixMilliseconds, milliseconds: unixMilliseconds - last.unixMilliseconds,
                failed: failed &- last.failed, cpuMicroseconds: cpuMicroseconds - last.cpuMicroseconds,
                cells: zip(0..., zip(total.cells, last.cells)).compactMap { cell, counts in
                    counts.0 == counts.1 ? nil : (cell, counts.0 &- counts.1)
                }))
        let oldest = unixMilliseconds - Self.keptMilliseconds
        if let keep = entries.firstIndex(where: { $0.unixMilliseconds >= oldest }), keep > 0 {
            entries.removeFirst(keep)
        }
    }

    /// Appends the document to `buffer`.
    public func write(into buffer: inout ByteBuffer) {
        var taken = ByteBuffer()
        swap(&taken, &buffer)
        var json = JSONWriter(appendingTo: taken)
        json.object { json in
            json.array("entries", entries) { entry, json in
                json.object { json in
                    json.number("time", entry.unixMilliseconds)
                    json.number("milliseconds", entry.milliseconds)
                    json.number("failed", entry.failed)
                    json.number("cpu", entry.cpuMicroseconds)
                    json.array("cells", entry.cells) { cell, json in
                        json.array([UInt64(cell.cell), cell.count]) { number, json in json.number(number) }
                    }
                }
            }
        }
        buffer = json.finish()
    }
}
