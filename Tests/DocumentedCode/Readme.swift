// The code of README.md, as it stands there; DocumentationTests compares.

import Gantry

private func thumbnail(_ image: [UInt8]) -> [UInt8] { image }
private func use(_ image: [UInt8]) {}
private func store(_ page: Page) {}

struct ReadmeTenLines {
  struct Squares: App {
    let square = Function { (x: Int) in x * x }
    let power = Function { (base: Int, n: Int) in (0..<n).reduce(1) { p, _ in p * base } }

    func run() async throws {
      for try await y in square.map(1...4) { print(y) }  // 1 4 9 16, in order
      print(try await power.map([2, 3], [10, 4]).collect())  // [1024, 81]
      print(try await square.remote(12))  // 144: one call
    }
  }
}

struct ReadmeFailures {
  let parse = Function { (text: String) in Page(title: text, words: []) }
  let files: [String]

  func values() async throws {
    for try await result in parse.map(files).results {
      switch result {
      case .success(let page): store(page)
      case .failure(let error): print(error)  // the others go on
      }
    }
    // Input 3 of function "parse" crashed its container after 3 attempts: container 3675 was killed by signal 4
    // (SIGILL): Index out of range, at Parser.swift:42.
  }
}

func embedding(_ images: [[UInt8]]) async throws {
  let resize = Function("resize") { (image: [UInt8]) in thumbnail(image) }

  let driver = try Driver(resize)  // early in main
  for try await small in resize.map(images) { use(small) }  // from any task or thread, many maps at once
  await driver.shutdown()  // lets running calls finish, then ends all processes
}
