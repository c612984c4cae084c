// The report's columns, numbers, and what it leaves out.

import Testing

@testable import GantryCommand

@Suite struct ReportTests {
  @Test func numbersAreGroupedAndRounded() {
    #expect(
      [0, 7, 999, 1_000, 1_234_567, -1_000, Int.min].map(grouped) == [
        "0", "7", "999", "1,000", "1,234,567", "-1,000", "-9,223,372,036,854,775,808",
      ])
    #expect(decimal(1_234.56, 1) == "1,234.6")
    #expect(decimal(0.05, 2) == "0.05")
    #expect(decimal(-0.001, 2) == "0.00")
    #expect(decimal(9.999, 0) == "10")
    #expect(duration(nanoseconds: 1_500) == "1.5 us")
    #expect(duration(nanoseconds: 12_340_000) == "12.3 ms")
    #expect(duration(nanoseconds: 2_500_000_000) == "2.50 s")
    #expect(counted(1, "byte") == "1 byte")
    #expect(counted(2_000, "byte") == "2,000 bytes")
  }

  @Test func anEmptyCountHasTotalsAndNothingElseToShow() {
    let text = Report(Summary()).description
    #expect(text.hasPrefix("Totals\n  files  0\n  lines  0\n  words  0\n  bytes  0\n\nRun\n"))
    #expect(!text.contains("Commonest"))
    #expect(!text.contains("Slowest"))
    #expect(!text.contains("skipped"))
    #expect(!text.contains("lost"))
    #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"))
  }

  @Test func widthsFollowWhatStandsInTheColumns() throws {
    var summary = Summary()
    summary.files = .init(files: 2, binary: 1_000, unreadable: 1, links: 1, special: 0)
    try summary.add(BlockCount(index: 0, lines: 12, words: 1_234, bytes: 123_456, nanoseconds: 1, table: []))
    summary.lose(bytes: 262_144)
    for (place, word) in ["the", "quick", "brown"].enumerated() {
      Array(word.utf8).withUnsafeBytes { summary.table.add($0, 1_000 / (place + 1)) }
    }
    summary.slowest = [
      .init(path: Path("/a"), bytes: 1, nanoseconds: 2_000_000),
      .init(path: Path("/b\n"), bytes: 23_000, nanoseconds: 1_000),
    ]
    summary.nanoseconds = 2_000_000_000
    summary.work.chunks = 2
    summary.work.retried = 2
    summary.work.bytesRaw = 200
    summary.work.bytesPacked = 50
    summary.work.containersStarted = 3
    summary.work.containersDied = 2
    summary.work.containers = [
      .init(pid: 9, state: "idle", blocks: 1), .init(pid: 1_234, state: "busy", blocks: 10),
    ]
    #expect(
      Report(summary).description == """
        Totals
          files        2
          lines       12
          words    1,234
          bytes  123,456
          skipped: 1,000 binary, 1 unreadable, 1 symbolic link
          lost: 1 block of 262,144 bytes, in none of the totals

        Commonest of 3 different words
          1.  the    1,000    3.  brown  333
          2.  quick    500

        Slowest files, by processor time
          2.0 ms        1 byte  /a
          1.0 us  23,000 bytes  /b\\u{a}

        Run
          time         2.00 s
          throughput   0.1 MB/s, 1 files/s
          blocks       1 counted, 1 lost, 2 attempts repeated
          chunks       2, 0.5 blocks each
          chunk bytes  200 raw, 50 packed (25 %)
          containers   3 started, 2 died
            container     9  idle    1 block
            container  1234  busy  10 blocks

        """)
  }

  @Test func damagedWordsAddNothing() {
    var summary = Summary()
    #expect(throws: MalformedTable.self) {
      try summary.add(BlockCount(index: 0, lines: 1, words: 1, bytes: 1, nanoseconds: 1, table: [9]))
    }
    #expect(summary.bytes == 0 && summary.blocks == 0)
  }

  @Test func noLineEndsInSpaces() {
    var summary = Summary()
    for word in ["a", "bb", "ccc"] { Array(word.utf8).withUnsafeBytes { summary.table.add($0, 1) } }
    for line in Report(summary).description.split(separator: "\n") { #expect(line.last != " ") }
  }
}
