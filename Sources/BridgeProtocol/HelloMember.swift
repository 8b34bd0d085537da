internal import JSONCheck

/// A part of HELLO and the path to it, so that an error names the member that is wrong.
struct HelloMember {
    let tree: JSONTree
    let path: String

    init(_ tree: JSONTree, _ path: String) {
        self.tree = tree
        self.path = path
    }

    /// The object or value under `key`, which must be there.
    func member(_ key: String) throws(HelloError) -> HelloMember {
        guard let value = tree[key] else { throw HelloError("\(path).\(key) is missing") }
        return HelloMember(value, "\(path).\(key)")
    }

    /// The same, or nil if it is null or left out.
    func optional(_ key: String) throws(HelloError) -> HelloMember? {
        guard let value = tree[key], !value.isNull else { return nil }
        return HelloMember(value, "\(path).\(key)")
    }

    func flag(_ key: String) throws(HelloError) -> Bool {
        let value = try member(key)
        guard let flag = value.tree.boolValue else { throw HelloError("\(value.path) must be true or false") }
        return flag
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(HelloError) -> Int {
        let value = try member(key)
        guard let integer = value.tree.intValue, range.contains(integer) else {
            throw HelloError("\(value.path) must be an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    /// A number as JavaScript writes it, or nil if it is null.
    func number(_ key: String) throws(HelloError) -> String? {
        guard let value = try optional(key) else { return nil }
        if let integer = value.tree.intValue { return String(integer) }
        guard let double = value.tree.doubleValue, double.isFinite else {
            throw HelloError("\(value.path) must be a number or null")
        }
        return String(double)
    }

    func text(_ key: String, bytes: ClosedRange<Int>) throws(HelloError) -> String {
        try member(key).text(bytes: bytes)
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String) throws(HelloError) -> Choice {
        let value = try member(key)
        guard let text = value.tree.stringValue, let choice = Choice(rawValue: text) else {
            throw HelloError("\(value.path) must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    func list(_ key: String, count: Int) throws(HelloError) -> [HelloMember] {
        let value = try member(key)
        guard let elements = value.tree.arrayValue, elements.count <= count else {
            throw HelloError("\(value.path) must be a list of at most \(count)")
        }
        return elements.enumerated().map { HelloMember($0.element, "\(value.path)[\($0.offset)]") }
    }

    /// The elements of a list of just so many.
    func elements(count: Int) throws(HelloError) -> [HelloMember] {
        guard let elements = tree.arrayValue, elements.count == count else {
            throw HelloError("\(path) must be a list of \(count)")
        }
        return elements.enumerated().map { HelloMember($0.element, "\(path)[\($0.offset)]") }
    }

    /// Refuses an object with a member that is not one of `keys`.
    func refuseOthers(than keys: [String]) throws(HelloError) {
        for member in tree.objectValue ?? [] where !keys.contains(member.key) {
            throw HelloError("\(path).\(member.key) is unknown to this front: update the front")
        }
    }

    func texts(_ key: String, count: Int) throws(HelloError) -> [String] {
        var texts: [String] = []
        for element in try list(key, count: count) { texts.append(try element.text(bytes: 0...HelloLimits.textBytes)) }
        return texts
    }

    /// A text that can be a header's value.
    func headerValue(_ key: String) throws(HelloError) -> String {
        try member(key).headerValue()
    }

    /// Texts that can be a header's value together.
    func headerValues(_ key: String) throws(HelloError) -> [String] {
        var values: [String] = []
        var byteCount = 0
        for element in try list(key, count: HelloLimits.listCount) {
            let value = try element.headerValue()
            byteCount += value.utf8.count + 2
            values.append(value)
        }
        guard byteCount <= HelloLimits.headValuesBytes else {
            throw HelloError("\(path).\(key) must be shorter than \(HelloLimits.headValuesBytes) bytes in all")
        }
        return values
    }

    func text(bytes: ClosedRange<Int>) throws(HelloError) -> String {
        guard let text = tree.stringValue, bytes.contains(text.utf8.count) else {
            throw HelloError("\(path) must be a string of \(bytes.lowerBound) to \(bytes.upperBound) bytes")
        }
        return text
    }

    /// Node sends header values as latin1 and refuses control characters; so must the front, or a line break in one
    /// would let the configuration write headers.
    private func headerValue() throws(HelloError) -> String {
        let value = try text(bytes: 0...HelloLimits.textBytes)
        for scalar in value.unicodeScalars {
            let isAllowed = scalar == "\t" || (scalar.value >= 0x20 && scalar.value != 0x7F && scalar.value <= 0xFF)
            guard isAllowed else {
                throw HelloError("\(path) holds a character that no header value can have")
            }
        }
        return value
    }
}
