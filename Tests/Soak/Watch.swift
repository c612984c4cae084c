// Notices what stands still, and what the driver says of honest containers.

import Gantry
import Glibc
import Logging
import Synchronization

/// The signs of life of one caller.
final class Pulse: Sendable {
  private let last = Atomic<UInt64>(0)
  private let name = Mutex("")

  func begin(_ call: String) {
    name.withLock { $0 = call }
    beat()
  }

  func beat() { last.store(monotonic(), ordering: .relaxed) }
  func end() { last.store(0, ordering: .relaxed) }

  /// What has stood still for so long; nil: nothing.
  func silent(_ nanoseconds: UInt64) -> String? {
    let last = last.load(ordering: .relaxed)
    guard last != 0, monotonic() > last + nanoseconds else { return nil }
    return name.withLock { $0 }
  }
}

/// A thread that ends the round when a caller stands still.
enum Watchdog {
  static let patience: UInt64 = 40_000_000_000

  static func start(_ pulses: [Pulse], _ driver: Driver) {
    startThread { [weak driver] in
      while true {
        sleep(1)
        for pulse in pulses {
          guard let call = pulse.silent(patience) else { continue }
          Judge.shared.find(.hung, "a call of \(call) stands still for \(patience / 1_000_000_000) s")
          finish(Judge.shared.report, status: 3) {
            // The driver's lock may be what hangs: its state comes last.
            if let driver { dump(driver) }
          }
        }
      }
    }
  }

  private static func dump(_ driver: Driver) {
    for function in driver.statistics.functions where function.unfinished > 0 || !function.containers.isEmpty
    {
      say("\(function.name): \(function.unfinished) unfinished, \(function.containers)")
    }
  }
}

/// Prints the round's report and ends the process.
func finish(_ report: [String], status: Int32, _ lastly: () -> Void = {}) -> Never {
  var text = report.joined(separator: "\n") + "\nend\n"
  text.withUTF8 { _ = write(1, $0.baseAddress, $0.count) }
  lastly()
  _exit(status)
}

func startThread(_ body: @escaping @Sendable () -> Void) {
  final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  let failure = pthread_create(
    &thread, nil,
    { raw in
      if let raw { Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body() }
      return nil
    }, Unmanaged.passRetained(Box(body)).toOpaque())
  guard failure == 0 else { fatalError("No thread for the soak: \(failure).") }
  pthread_detach(thread)
}

/// Hears what the driver logs: that it kills a container for what it wrote is a finding, since all are honest.
struct Listener: LogHandler {
  static var logger: Logger {
    var logger = Logger(label: "soak") { _ in Listener() }
    logger.logLevel = .info
    return logger
  }

  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let text = "\(event.message)"
    if text.contains("because it wrote") {
      Judge.shared.find(.condemned, text)
    } else {
      say("driver: \(text)")
    }
  }
}
