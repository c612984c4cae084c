// The second program of the tutorial in Gantry.docc, as it stands there; DocumentationTests compares.

import Foundation
import Gantry

struct Report: Payload, Codable {
  var path: String
  var words: Int
  var longest: String
}

struct Words: App {
  let report = Function { (path: String) throws in
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let words = text.split { !$0.isLetter }
    let longest = words.sorted { $0.count > $1.count }[0]
    return Report(path: path, words: words.count, longest: String(longest))
  }

  func run() async throws {
    let paths = Array(CommandLine.arguments.dropFirst())
    for try await report in report.map(paths) {
      print("\(report.path): \(report.words) words, the longest is \(report.longest)")
    }
  }
}

enum WithFailures {
  struct Report: Payload, Codable {
    var path: String
    var words: Int
    var longest: String
  }

  struct Words: App {
    let report = Function { (path: String) throws in
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let words = text.split { !$0.isLetter }
      let longest = words.sorted { $0.count > $1.count }[0]
      return Report(path: path, words: words.count, longest: String(longest))
    }

    func run() async throws {
      let paths = Array(CommandLine.arguments.dropFirst())
      for try await result in report.map(paths).results {
        switch result {
        case .success(let report):
          print("\(report.path): \(report.words) words, the longest is \(report.longest)")
        case .failure(let error):
          print(error)
        }
      }
    }
  }
}

struct FirstWords {
  struct Words: App {
    let square = Function { (x: Int) in x * x }

    func run() async throws {
      for try await y in square.map([1, 2, 3, 4]) { print(y) }
    }
  }
}
