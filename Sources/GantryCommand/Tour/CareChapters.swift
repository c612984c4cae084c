// The guide's last part: retries, logging, the number of containers, rates; and what a crash costs.

import Gantry
import Logging
import Synchronization

struct RetriesWithBackoff: Chapter {
  let title = "Retries with exponential backoff"

  // shown
  struct Unavailable: Error {}

  static let attempts = Counter()

  // A thrown error is an answer, unless you ask for retries.
  let fetch = Function(
    options: .init(
      maxContainers: 1,
      retries: .init(maxRetries: 3, backoffCoefficient: 2, initialDelay: .milliseconds(100)))
  ) { (page: Int) throws in
    if attempts.count() <= 3 { throw Unavailable() }
    return "page \(page) at attempt \(attempts.value)"
  }

  func run() async throws {
    let start = ContinuousClock.now
    print(try await fetch.remote(7))
    // 100 + 200 + 400 ms of waiting.
    print("waited 700 ms or more is \(ContinuousClock.now - start >= .milliseconds(700))")
  }
  // end shown
}

struct DebugLogging: Chapter {
  let title = "Debug logging"

  // shown
  let square = Function { (x: Int) in x * x }

  // A property of your App. GANTRY_LOG_LEVEL=debug in the environment does it without a line of code.
  var configuration: Configuration {
    var logger = Logger(label: "gantry") { label in TourLog(label) }
    logger.logLevel = .debug
    return Configuration(logger: logger)
  }

  func run() async throws {
    TourLog.isShown.store(true, ordering: .relaxed)
    defer { TourLog.isShown.store(false, ordering: .relaxed) }
    print("the sum is", try await square.map(0..<1000).collect().reduce(0, +))
  }
  // end shown
}

struct ContainerScaling: Chapter {
  let title = "Container scaling"

  // shown
  let work = Function(options: .init(maxContainers: 1)) { (x: Int) async throws in
    try await Task.sleep(for: .milliseconds(200))
    return x
  }

  func run() async throws {
    // with(_:) is the same function with other options, and containers of its own.
    for function in [work, work.with(.init(maxContainers: 4))] {
      let outcomes = try await function.map(0..<4).outcomes.collect()
      print("4 inputs ran in \(Set(outcomes.map(\.container)).count) container(s)")
    }
  }
  // end shown
}

struct RateLimits: Chapter {
  let title = "Rate limits"

  // shown
  // At most two starts in any 200 ms, over all containers of the function.
  let ask = Function(options: .init(rateLimit: .init(count: 2, per: .milliseconds(200)))) { (x: Int) in x }

  func run() async throws {
    let start = ContinuousClock.now
    let answers = try await ask.map(1...6).collect()
    print("\(answers) took 400 ms or more is \(ContinuousClock.now - start >= .milliseconds(400))")
  }
  // end shown
}

struct ACrashCostsOneInput: Chapter {
  let title = "A crash costs one input"

  // shown
  let reciprocal = Function { (x: Int) in 1000 / x }  // traps for 0, and a trap ends its process

  func run() async throws {
    for try await (index, result) in reciprocal.map([4, 0, 8, 10]).results.indexed {
      switch result {
      case .success(let y): print("Input \(index) result: \(y)")
      case .failure(let error): print(error)
      }
    }
  }
  // end shown
}

/// A log handler that prints to standard output, beside the results, while its chapter runs.
struct TourLog: LogHandler {
  static let isShown = Atomic(false)

  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info
  private let label: String

  init(_ label: String) { self.label = label }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    if Self.isShown.load(ordering: .relaxed) { print("\(event.level) \(label): \(event.message)") }
  }
}
