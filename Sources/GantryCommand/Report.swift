// The report on standard output: aligned columns whose widths follow what stands in them.

/// Lays a summary out as text; empty parts are left out.
struct Report: CustomStringConvertible {
  private static let wordsShown = 20
  private static let widestWord = 24

  let summary: Summary

  init(_ summary: Summary) { self.summary = summary }

  /// The whole report, ending in a line end.
  var description: String {
    [totals, words, slowest, run].filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }
      .joined(separator: "\n")
  }

  private var totals: [String] {
    let rows = [
      ["files", grouped(summary.files.files)], ["lines", grouped(summary.lines)],
      ["words", grouped(summary.words)], ["bytes", grouped(summary.bytes)],
    ]
    let files = summary.files
    let skipped = [
      (files.binary, "binary"), (files.unreadable, "unreadable"), (files.special, "special"),
      (files.links, files.links == 1 ? "symbolic link" : "symbolic links"),
    ]
    .filter { $0.0 > 0 }.map { "\(grouped($0.0)) \($0.1)" }
    var notes: [String] = []
    if !skipped.isEmpty { notes.append("skipped: \(skipped.joined(separator: ", "))") }
    let lost = summary.lost
    if lost.blocks > 0 {
      notes.append(
        "lost: \(counted(lost.blocks, "block")) of \(counted(lost.bytes, "byte")), in none of the totals")
    }
    return ["Totals"] + aligned(rows, [.left, .right]) + notes.map { "  \($0)" }
  }

  private var words: [String] {
    let words = summary.table.commonest(Self.wordsShown)
    if words.isEmpty { return [] }
    let rows = words.enumerated().map { place, entry in
      ["\(place + 1).", shortened(printable(entry.word)), grouped(entry.count)]
    }
    // Two columns side by side: the first half of the list, then the second.
    let half = (rows.count + 1) / 2
    let pairs = (0..<half).map { row in
      half + row < rows.count ? rows[row] + [""] + rows[half + row] : rows[row]
    }
    let title = "Commonest of \(counted(summary.table.count, "different word"))"
    return [title] + aligned(pairs, [.right, .left, .right, .left, .right, .left, .right])
  }

  private var slowest: [String] {
    if summary.slowest.isEmpty { return [] }
    let rows = summary.slowest.map { file in
      [duration(nanoseconds: file.nanoseconds), counted(file.bytes, "byte"), printable(file.path.bytes)]
    }
    return ["Slowest files, by processor time"] + aligned(rows, [.right, .right, .left])
  }

  private var run: [String] {
    let work = summary.work
    let seconds = max(Double(summary.nanoseconds) / 1e9, 1e-9)
    var blocks = "\(grouped(summary.blocks)) counted"
    if summary.lost.blocks > 0 { blocks += ", \(grouped(summary.lost.blocks)) lost" }
    if work.retried > 0 { blocks += ", \(counted(work.retried, "attempt")) repeated" }
    var rows = [
      ["time", duration(nanoseconds: summary.nanoseconds)],
      [
        "throughput",
        "\(decimal(Double(summary.bytes) / 1e6 / seconds, 1)) MB/s, "
          + "\(decimal(Double(summary.files.files) / seconds, 0)) files/s",
      ],
      ["blocks", blocks],
    ]
    rows.append([
      "chunks",
      work.chunks == 0
        ? "0"
        : "\(grouped(work.chunks)), \(decimal(Double(summary.blocks) / Double(work.chunks), 1)) blocks each",
    ])
    var packed = "\(grouped(work.bytesRaw)) raw, \(grouped(work.bytesPacked)) packed"
    if work.bytesRaw > 0 {
      packed += " (\(decimal(100 * Double(work.bytesPacked) / Double(work.bytesRaw), 0)) %)"
    }
    rows.append(["chunk bytes", packed])
    rows.append([
      "containers", "\(grouped(work.containersStarted)) started, \(grouped(work.containersDied)) died",
    ])
    let containers = work.containers.map { container in
      ["container", "\(container.pid)", container.state, counted(container.blocks, "block")]
    }
    return ["Run"] + aligned(rows, [.left, .left])
      + aligned(containers, [.left, .right, .left, .right], indent: 4)
  }

  private func shortened(_ word: String) -> String {
    word.count <= Self.widestWord ? word : word.prefix(Self.widestWord - 3) + "..."
  }
}

enum Alignment {
  case left
  case right
}

/// Rows of cells as lines, two spaces between columns and none at the end.
func aligned(_ rows: [[String]], _ alignments: [Alignment], indent: Int = 2) -> [String] {
  let widths = alignments.indices.map { column in
    rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
  }
  return rows.map { row in
    var line = String(repeating: " ", count: indent)
    for (column, cell) in row.enumerated() {
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      switch alignments[column] {
      case .left: line += cell + (column == row.count - 1 ? "" : padding)
      case .right: line += padding + cell
      }
      if column < row.count - 1 { line += "  " }
    }
    return line
  }
}
