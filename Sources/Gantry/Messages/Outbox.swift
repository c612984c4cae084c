// What is to be said once the driver's lock is free: a log handler is the program's code and may take its time, and so
// may a terminal.

import Logging

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Lines that wait for the lock's release.
///
/// Guarded by the coordinator's lock.
struct Outbox {
  enum Line {
    case log(Logger.Level, String, Logger.Metadata)
    /// The progress line as it is now.
    case progress(String)
    /// What stays of a map's progress line.
    case finished(String)
    /// What a container wrote on its standard error.
    case words([UInt8])
  }

  private var lines: [Line] = []

  var isEmpty: Bool { lines.isEmpty }

  mutating func put(_ line: Line) { lines.append(line) }

  mutating func take() -> [Line] {
    defer { lines = [] }
    return lines
  }

  /// Writes a container's words on standard error.
  static func utter(_ words: ArraySlice<UInt8>, _ bar: ProgressBar?) {
    words.withUnsafeBytes { raw in
      bar?.interrupt(for: raw)
      _ = write(2, raw.baseAddress, raw.count)
    }
  }
}

extension Coordinator {
  /// Logs once the lock is free.
  ///
  /// Nothing above `info` but what API promises: a crash loop.
  func tell(_ level: Logger.Level, _ text: String, _ metadata: Logger.Metadata = [:]) {
    outbox.put(.log(level, text, metadata))
  }

  /// Logs at `debug` once the lock is free; costs a comparison where nobody listens.
  func debug(_ text: @autoclosure () -> String, _ metadata: @autoclosure () -> Logger.Metadata = [:]) {
    guard isDebugging else { return }
    outbox.put(.log(.debug, text(), metadata()))
  }

  /// Says what was put into the outbox; not under the lock.
  func say(_ lines: [Outbox.Line]) {
    for line in lines {
      switch line {
      case .log(let level, let text, let metadata):
        log.log(level: level, "\(text)", metadata: metadata, source: "Gantry")
      case .progress(let text): bar?.draw(text)
      case .finished(let text): bar?.finish(text)
      case .words(let bytes): Outbox.utter(bytes[...], bar)
      }
    }
  }
}
