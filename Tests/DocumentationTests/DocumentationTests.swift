// Every block of Swift in README.md and the pages of Gantry.docc stands, line by line, in a source that is compiled.
// Spaces, `@main`, and what is no Swift of ours (manifests) do not count. Reads sources; runs nothing.

import Foundation
import Testing

@Suite struct DocumentationTests {
  private static let root = URL(fileURLWithPath: "\(#filePath)").deletingLastPathComponent()
    .appendingPathComponent("../..").standardizedFileURL

  private static func files(in directory: String, _ suffix: String) throws -> [URL] {
    let directory = root.appendingPathComponent(directory)
    return try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
      .filter { $0.hasSuffix(suffix) }.map { directory.appendingPathComponent($0) }
  }

  private static let pages: [URL] =
    [root.appendingPathComponent("README.md")] + ((try? files(in: "Sources/Gantry/Gantry.docc", ".md")) ?? [])

  /// Lines without the spaces at their beginning, between words, and without `@main`.
  private static func normalized(_ text: Substring) -> String {
    let words = text.split(separator: " ")
    return (words.first == "@main" ? words.dropFirst() : words[...]).joined(separator: " ")
  }

  private static func lines(of text: some StringProtocol) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { normalized(Substring($0)) }
  }

  private static let compiled: [[String]] = {
    let sources = ["Tests/DocumentedCode", "Sources/GantryCommand/Tour"].flatMap {
      (try? files(in: $0, ".swift")) ?? []
    }
    return sources.filter { !$0.path.hasSuffix("TourText.swift") }.compactMap {
      (try? String(contentsOf: $0, encoding: .utf8)).map { lines(of: $0) }
    }
  }()

  @Test(arguments: pages) func aPageShowsOnlyCodeThatCompiles(_ page: URL) throws {
    let text = try String(contentsOf: page, encoding: .utf8)
    for block in text.components(separatedBy: "\n```swift\n").dropFirst() {
      let code = Self.lines(of: block.components(separatedBy: "\n```")[0])
      // A manifest is no part of a program; the tutorial is followed by tools/tutorial.
      if code.contains(where: { $0.hasPrefix(".package(") || $0.hasPrefix("dependencies:") }) { continue }
      // A block may begin with the imports of its file, which stand further up in ours.
      let body = Array(code.drop { $0.isEmpty || $0.hasPrefix("import ") })
      let stands = Self.compiled.contains { source in
        source.indices.contains { source[$0...].starts(with: body) }
      }
      #expect(
        stands, "\(page.lastPathComponent) shows what is compiled nowhere:\n\(body.joined(separator: "\n"))")
    }
  }

  @Test func thePagesAreThere() {
    #expect(Self.pages.count > 5)
    #expect(Self.compiled.count > 5)
  }
}
