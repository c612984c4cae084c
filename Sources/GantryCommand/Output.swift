// Writes to the two standard streams without buffers of its own.

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Writes all of a text; returns 0, or why it could not.
///
/// A reader that has gone ends the process by SIGPIPE, as it should; EPIPE comes only where that signal is ignored.
@discardableResult
func write(_ text: String, to descriptor: Int32) -> Int32 {
  var text = text
  return text.withUTF8 { bytes in
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = UnsafeBufferPointer(rebasing: rest).withMemoryRebound(to: UInt8.self) {
        write(descriptor, $0.baseAddress, $0.count)
      }
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }
}

/// Writes a line to standard error, by one call so that lines of several threads do not mix.
func complain(_ line: String) { write("gantry: \(line)\n", to: STDERR_FILENO) }

/// What the system says of an error number.
func errorText(_ code: Int32) -> String {
  guard let text = strerror(code) else { return "error \(code)" }
  return String(cString: text)
}
