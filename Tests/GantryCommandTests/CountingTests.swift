// What counts as a line and a word, and that whole trees add up however they are cut.

import Gantry
import Testing

@testable import GantryCommand

@Suite struct CountingTests {
  private func words(_ text: String) -> [String: Int] { words(Array(text.utf8)) }

  private func words(_ bytes: [UInt8]) -> [String: Int] {
    var table = WordTable()
    var text = bytes
    text.withUnsafeMutableBufferPointer { text in
      lowercase(text)
      addWords(of: UnsafeBufferPointer(text), to: &table)
    }
    return dictionary(table)
  }

  @Test func wordsOfTheTableAreLettersWithApostrophesInside() {
    #expect(words("The the THE") == ["the": 3])
    #expect(
      words("don't 'quoted' rock 'n' roll''s o'") == [
        "don't": 1, "quoted": 1, "rock": 1, "n": 1, "roll": 1, "s": 1, "o": 1,
      ])
    #expect(
      words("a1b2 c_d e-mail x.y") == [
        "a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "mail": 1, "x": 1, "y": 1,
      ])
    #expect(words("") == [:])
    #expect(words("' '' 12 --") == [:])
  }

  @Test func lettersBeyondASCIIBelongToWordsAndSignsDoNot() {
    #expect(
      words("na\u{EF}ve \u{E9}t\u{E9} \u{65E5}\u{672C}") == [
        "na\u{EF}ve": 1, "\u{E9}t\u{E9}": 1, "\u{65E5}\u{672C}": 1,
      ])
    #expect(
      words("\u{201C}go\u{201D}\u{2014}now\u{2026} \u{2022} \u{A9}me \u{1F600}\u{3002}") == [
        "go": 1, "now": 1, "me": 1,
      ])
    #expect(
      words("don\u{2019}t \u{2018}so\u{2019} a\u{A0}b") == ["don\u{2019}t": 1, "so": 1, "a": 1, "b": 1])
    #expect(words("\u{FEFF}start") == ["start": 1])
  }

  @Test func bytesThatAreNoUTF8NeverStopTheScan() {
    #expect(words([0x63, 0x61, 0x66, 0xE9, 0x20, 0x62]).count == 2)
    for lead: UInt8 in [0xC2, 0xE2, 0xE3, 0xEF, 0xF0, 0xFF, 0x80] {
      for tail: [UInt8] in [[], [0x80], [0x80, 0x80], [0x20], [0x61, 0x27], [0x9F, 0x80]] {
        _ = words([0x61, lead] + tail)
        _ = words([lead] + tail)
      }
    }
  }

  @Test func wordsLongerThanTheTableTakesAreLeftOut() {
    let fits = String(repeating: "a", count: 255)
    #expect(words("\(fits) \(fits)b c") == [fits: 1, "c": 1])
  }

  @Test(arguments: [0, 1, 2, 15, 16, 17, 18, 32, 33, 255, 257, 3_000, 4_064, 4_065, 4_081, 9_000])
  func linesAndWordsAreThoseOfAPlainCount(_ size: Int) {
    let text = someText(UInt64(size) + 7, bytes: size)
    let plain = plainCount(text)
    let counted = text.withUnsafeBufferPointer { countLinesAndWords($0, continuesWord: false) }
    #expect(counted.lines == plain.lines)
    #expect(counted.words == plain.words)
  }

  @Test func aWordThatBeganInTheBlockBeforeIsCountedOnce() {
    let text = Array("half whole".utf8)
    let counted = text.withUnsafeBufferPointer { countLinesAndWords($0, continuesWord: true) }
    #expect(counted.words == 1)
  }

  @Test func blocksAndCountsTravel() throws {
    let block = Block(
      index: 7, path: Path([0xFF, 0x61]), offset: 1 << 40, continuesWord: true, crashes: true,
      bytes: [1, 0, 2])
    #expect(try roundTrip(block) == block)
    let counted = BlockCount(index: 1, lines: 2, words: 3, bytes: 4, nanoseconds: 5, table: [1, 1, 97])
    #expect(try roundTrip(counted) == counted)
  }

  private func roundTrip<P: Payload>(_ value: P) throws -> P {
    var encoder = PayloadEncoder(minimumCapacity: 64)
    encoder.encode(value)
    return try encoder.withBytes { bytes in
      var decoder = PayloadDecoder(bytes)
      let copy = try decoder.decode(P.self)
      #expect(decoder.isAtEnd)
      return copy
    }
  }

  @Test func aTreeAddsUpHoweverItIsCut() throws {
    let tree = TemporaryTree()
    var plain = (files: 0, lines: 0, words: 0, bytes: 0)
    tree.directory("sub")
    tree.directory("sub/empty")
    let texts: [(String, [UInt8])] =
      [
        ("empty", []), ("newline", [10]), ("no-newline", Array("one two".utf8)),
        ("crlf", Array("one\r\ntwo\r\n".utf8)), ("sub/latin1", [0x63, 0xE9, 10, 0xFF]),
        ("sub/solid", Array(repeating: 0x78, count: 3_000)), ("sub/.hidden", Array("x y z\n".utf8)),
        ("sub/long-lines", Array(String(repeating: "lorem ipsum ", count: 500).utf8)),
      ] + (0..<20).map { ("sub/text\($0)", someText($0, bytes: Int($0) * 377)) }
    for (name, bytes) in texts {
      tree.file(name, bytes)
      let count = plainCount(bytes)
      plain = (
        plain.files + 1, plain.lines + count.lines, plain.words + count.words, plain.bytes + bytes.count
      )
    }
    tree.file("binary", [0x7F, 0x45, 0, 10])
    tree.link("loop", to: ".")
    tree.link("dangling", to: "nowhere")

    for limits in [BlockReader.Limits(), .init(usual: 256, most: 1_024), .init(usual: 16, most: 16)] {
      let (summary, reports) = try countHere([tree.root, tree.path("missing")], limits: limits)
      #expect(summary.files == .init(files: plain.files, binary: 1, unreadable: 1, links: 2, special: 0))
      #expect(summary.lines == plain.lines)
      #expect(summary.words == plain.words)
      #expect(summary.bytes == plain.bytes)
      #expect(summary.slowest.count == 10)
      #expect(reports.count == 1 && reports[0].contains("/missing: No such file or directory; skipped"))
    }
  }

  @Test func onlyTheFirstBlockOfAMatchingFileIsToCrash() {
    let tree = TemporaryTree()
    tree.file("bad", "a\nb\nc\nd\n")
    tree.file("good", "a\nb\n")
    let blocks = BlockSequence(
      [tree.root], catalogue: Catalogue(), crashOn: Array("bad".utf8), limits: .init(usual: 2, most: 4)
    ) { _ in }
    #expect(blocks.map(\.crashes) == [true, false, false, false, false, false])
    let others = BlockSequence([tree.root], catalogue: Catalogue(), crashOn: nil) { _ in }
    #expect(others.allSatisfy { !$0.crashes })
  }

  @Test func theCatalogueForgetsFilesThatAreDoneAndNamesTheirBlocks() {
    let catalogue = Catalogue(slowest: 1)
    let file = catalogue.begin(Path("a"))
    let first = catalogue.issue(of: file, bytes: 0..<10)
    let second = catalogue.issue(of: file, bytes: 10..<15)
    #expect(catalogue.settle(second, nanoseconds: 5) == .init(path: Path("a"), bytes: 10..<15))
    catalogue.end(file)
    #expect(catalogue.slowest.isEmpty)
    #expect(catalogue.settle(first, nanoseconds: 3) == .init(path: Path("a"), bytes: 0..<10))
    #expect(catalogue.settle(first, nanoseconds: 3) == nil)
    #expect(catalogue.slowest == [.init(path: Path("a"), bytes: 15, nanoseconds: 8)])
  }
}
