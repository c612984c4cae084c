// One run of `gantry count`: maps the blocks, adds the counts up as they arrive, and prints the report.
// Lost blocks go to standard error at once; nothing but the report goes to standard output.

import Dispatch
import Gantry

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// What a run needs, from the arguments.
struct CountRun: Sendable {
  let function: Function<Block, BlockCount>
  let driver: Driver
  let paths: [Path]
  let isOrdered: Bool
  let crashOn: [UInt8]?

  /// Does the work while the calling thread, the main one, serves Dispatch; ends the process.
  func start() -> Never {
    Task { exit(await status()) }
    dispatchMain()
  }

  /// Does the work; returns the exit status.
  private func status() async -> Int32 {
    var status: Int32 = 0
    do {
      let summary = try await summarize()
      if summary.lost.blocks > 0 { status = 1 }
      let failure = write(Report(summary).description, to: STDOUT_FILENO)
      if failure != 0 { status = 1 }
      // A reader that wants no more is no trouble worth a line.
      if failure != 0, failure != EPIPE { complain("the report could not be written: \(errorText(failure))") }
    } catch {
      complain("\(error)")
      status = 1
    }
    await driver.shutdown()
    return status
  }

  private func summarize() async throws -> Summary {
    let clock = ContinuousClock()
    let start = clock.now
    let catalogue = Catalogue()
    let blocks = BlockSequence(paths, catalogue: catalogue, crashOn: crashOn, report: complain)
    var summary = Summary()
    for try await batch in function.map(blocks, orderOutputs: isOrdered).results.batches {
      for result in batch { add(result, to: &summary, catalogue) }
    }
    summary.nanoseconds = Int((clock.now - start) / .nanoseconds(1))
    summary.files = catalogue.totals
    summary.slowest = catalogue.slowest
    summary.work = Summary.Work(driver.statistics)
    return summary
  }

  private func add(
    _ result: Result<BlockCount, InputError>, to summary: inout Summary, _ catalogue: Catalogue
  ) {
    switch result {
    case .success(let count):
      do {
        try summary.add(count)
        catalogue.settle(count.index, nanoseconds: count.nanoseconds)
      } catch {
        lose(count.index, "its words came back damaged", &summary, catalogue)
      }
    case .failure(let error):
      lose(error.index, reason(error), &summary, catalogue)
    }
  }

  private func lose(_ index: Int, _ reason: String, _ summary: inout Summary, _ catalogue: Catalogue) {
    let location = catalogue.settle(index, nanoseconds: 0)
    summary.lose(bytes: location?.bytes.count ?? 0)
    let place =
      location.map { "block at bytes \($0.bytes) of \(printable($0.path.bytes))" } ?? "block \(index)"
    complain("lost: \(place): \(reason)")
  }

  private func reason(_ error: InputError) -> String {
    guard case .crashed(let exit) = error.reason else { return "\(error)" }
    var text = "\(exit)"
    while text.last?.isWhitespace == true { text.removeLast() }
    return error.attempts > 1 ? "attempt \(error.attempts): \(text)" : text
  }
}
