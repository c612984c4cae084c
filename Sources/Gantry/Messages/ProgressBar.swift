// Draws the progress line on standard error: redrawn in place on a terminal, plain lines elsewhere. Never under the
// driver's lock but to be taken away, when something else is to be printed there.

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// The one progress line of a driver.
///
/// `@unchecked Sendable`: what changes is guarded by `lock`.
final class ProgressBar: @unchecked Sendable {
  private let lock = Lock()
  private let isTerminal: Bool
  /// Something stands in the terminal's current line: the bar.
  private var isDrawn = false
  /// The last text that others printed there did not end its line, so that a bar would overwrite it.
  private var isAmidLine = false

  /// Maps younger than this have no line.
  let patience: UInt64
  /// Nanoseconds between two lines.
  let pause: UInt64

  /// Nil where nothing is to be shown.
  init?(_ progress: Configuration.Progress) {
    isTerminal = isatty(2) == 1
    switch progress.way {
    case .none: return nil
    case .automatic:
      guard isTerminal else { return nil }
      patience = 1_000_000_000
    case .always:
      patience = 0
    }
    pause = isTerminal ? 100_000_000 : 1_000_000_000
  }

  /// Columns a line may have.
  var width: Int {
    guard isTerminal else { return 120 }
    var size = winsize()
    guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 79 }
    // The last column stays free: some terminals wrap when it is filled.
    return max(1, Int(size.ws_col) - 1)
  }

  /// Shows the line as it is now.
  func draw(_ line: String) {
    lock.locked {
      if isTerminal {
        guard !isAmidLine else { return }
        write("\r\(line)\u{1b}[K")
        isDrawn = true
      } else {
        write("\(line)\n")
      }
    }
  }

  /// Leaves a map's last line behind.
  func finish(_ line: String) {
    lock.locked {
      let start = isAmidLine ? "\n" : ""
      write(isTerminal ? "\(start)\r\(line)\u{1b}[K\n" : "\(line)\n")
      isDrawn = false
      isAmidLine = false
    }
  }

  /// Takes the line away.
  func clear() {
    lock.locked {
      if isDrawn { write("\r\u{1b}[K") }
      isDrawn = false
    }
  }

  /// Makes way for text of others on standard error.
  func interrupt(for text: UnsafeRawBufferPointer) {
    guard isTerminal, let last = text.last else { return }
    lock.locked {
      if isDrawn { write("\r\u{1b}[K") }
      isDrawn = false
      isAmidLine = last != UInt8(ascii: "\n")
    }
  }

  private func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = writeBytes(2, rest.baseAddress, rest.count)
        // A terminal that takes nothing loses a line.
        guard count > 0 else { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }
}

/// The system's call, whose name the class uses for its own.
private func writeBytes(_ fd: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(fd, bytes, count)
}
