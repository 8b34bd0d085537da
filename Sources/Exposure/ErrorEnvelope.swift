public import Bytes
internal import JSONCheck

/// The body of a rejection: `{"ok":false,"error":{"message":…,"code":…}}`, as `JSON.stringify` writes it.
public enum ErrorEnvelope {
    /// Appends the body.
    ///
    /// - Parameter id: the target's, UTF-8, for the rejections that name it; ignored by the others.
    public static func write(_ rejection: Rejection, id: Span<UInt8>, into buffer: inout ByteBuffer) {
        let answer = rejection.answer
        buffer.append(#"{"ok":false,"error":{"message":"#)
        if answer.messageEnd.utf8CodeUnitCount == 0 {
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
        buffer.append(#","code":""#)
        buffer.append(answer.code)
        buffer.append(#""}}"#)
    }
}
