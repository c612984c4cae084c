// The code of the guides in Gantry.docc, as it stands there, in something that compiles. DocumentationTests finds each block
// of the pages here or in the tour, line by line. Never run.

import Gantry

private func download(_ page: Int) async throws -> String { "\(page)" }
private func thumbnail(_ image: [UInt8]) -> [UInt8] { image }
private func store(_ image: [UInt8]) {}

struct Squares: App {
  let square = Function { (x: Int) in x * x }

  func run() async throws {
    for try await y in square.map([1, 2, 3, 4]) { print(y) }
  }
}

struct OrderingPage {
  let measure = Function { (path: String) in path.count }
  let paths: [String]

  func indices() async throws {
    for try await (index, size) in measure.map(paths, orderOutputs: false).indexed {
      print("\(paths[index]): \(size)")
    }
  }
}

struct FailuresPage {
  let parse = Function { (text: String) in Page(title: text, words: []) }
  let documents: [String]

  func values() async throws {
    for try await (index, result) in parse.map(documents).results.indexed {
      switch result {
      case .success(let page):
        print(page.title)
      case .failure(let error):
        switch error.reason {
        case .threw(let thrown): print("\(index): \(thrown.typeName): \(thrown.message)")
        case .crashed(let exit): print("\(index): \(exit.status), \(exit.stderrTail)")
        case .timedOut(let limit): print("\(index): longer than \(limit)")
        default: print(error)
        }
      }
    }
  }

  struct BadDate: Error, Codable {
    var text: String
  }

  func describe(_ error: UserCodeError) -> String {
    if let bad = error.underlying as? BadDate { return "no date: \(bad.text)" }
    return error.message
  }

  let fetch = Function(
    options: .init(
      timeout: .seconds(30),
      retries: .init(maxRetries: 3, initialDelay: .milliseconds(200)),
      crashRetries: .init(maxRetries: 1))
  ) { (page: Int) async throws in
    try await download(page)
  }
}

struct BackpressurePage {
  let square = Function { (x: Int) in x * x }

  func early() async throws {
    let results = square.map(0..., maxOutstandingInputs: 100)
    for try await y in results {
      if y > 1_000_000 { break }
    }
  }
}

struct TuningPage {
  let square = Function { (x: Int) in x * x }

  func together(_ numbers: [Int]) async throws -> Int {
    var total = 0
    let all = try await square.map(numbers).collect()
    for try await batch in square.map(numbers).batches { total += batch.reduce(0, +) }
    for try await y in square.map(numbers) { total += y }
    return total + all.count
  }
}

struct EmbeddingPage {
  let resize = Function("resize") { (image: [UInt8]) in thumbnail(image) }

  func serve(_ images: [[UInt8]]) async throws {
    let driver = try Driver(resize)
    for try await small in resize.map(images) { store(small) }
    await driver.shutdown()
  }

  func startedAgain() throws {
    let driver = try Driver(resize, configuration: .init(start: .reexec))
    print(driver.statistics)
  }

  // swift-format-ignore: OnlyOneTrailingClosureArgument
  let classify = Function(enter: { try await Model.load() }, exit: { await $0.close() }) {
    (model: Model, text: String) in model.label(text)
  }
}

struct Model {
  static func load() async throws -> Model { Model() }
  func close() async {}
  func label(_ text: String) -> String { text }
}

struct PortingPage {
  let multiply = MultiplyOnly().multiply
  let add = Function { (a: Int, b: Int, c: Int) in a + b + c }
  let process = Function(options: .init(maxContainers: 100)) { (x: Int) in x * x }

  func multiplied() async throws {
    let results = try await multiply.map([1, 2, 3], [10, 20, 30]).collect()
    print(results)
  }

  struct MultiplyOnly {
    let multiply = Function { (a: Int, b: Int) in a * b }
  }
}
