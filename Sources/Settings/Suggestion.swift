/// What somebody may have meant.
enum Suggestion {
    /// The one of `words` that `text` is a likely slip of: at most a third of its letters inserted, dropped, changed or
    /// swapped with their neighbour.
    static func nearest(to text: String, among words: [String]) -> String? {
        // A text far longer than any word is no slip of one, and the table below is quadratic.
        let given = Array(text.utf8.prefix(64))
        var best: (word: String, distance: Int)?
        for word in words {
            let distance = distance(given, Array(word.utf8))
            if distance < best?.distance ?? .max { best = (word, distance) }
        }
        guard let best, best.distance <= max(1, min(given.count, best.word.utf8.count) / 3) else { return nil }
        return best.word
    }

    /// Optimal string alignment distance.
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
