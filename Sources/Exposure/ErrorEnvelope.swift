internal import Bytes
internal import JSONCheck

/// The body of a rejection: `{"ok":false,"error":{"message":…,"code":…}}`, as `JSON.stringify` writes it.
enum ErrorEnvelope {
    /// Appends the body.
    ///
    /// - Parameters:
    ///   - message: UTF-8, in place of the rejection's own; empty for that.
    ///   - id: the target's, UTF-8, for the rejections that name it; ignored by the others.
    ///   - isPretty: with line breaks and two spaces for each level.
    static func write(
        _ rejection: Rejection, message: Span<UInt8>, id: Span<UInt8>, isPretty: Bool, into buffer: inout ByteBuffer
    ) {
        let answer = rejection.answer
        buffer.append(
            isPretty ? "{\n  \"ok\": false,\n  \"error\": {\n    \"message\": " : #"{"ok":false,"error":{"message":"#)
        if !message.isEmpty {
            JSONText.writeString(message, into: &buffer)
        } else if answer.messageEnd.utf8CodeUnitCount == 0 {
            buffer.append("\"")
            buffer.append(answer.message)
            buffer.append("\"")
        } else {
            var message = ByteBuffer(minimumCapacity: 64)
            message.append(answer.message)
            message.append(id)
            message.append(answer.messageEnd)
            JSONText.writeString(message.bytes, into: &buffer)
        }
        buffer.append(isPretty ? ",\n    \"code\": \"" : #","code":""#)
        buffer.append(answer.code)
        buffer.append(isPretty ? "\"\n  }\n}" : #""}}"#)
    }
}
