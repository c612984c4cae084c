// What two processes compare before they take a driver of one for that of the other: names, types, sizes, order.
// As text, because it travels through an exec, and because a difference is to be told in words.

/// The types of a function, as they are called and as they lie in memory.
struct FunctionTypes: Sendable {
  let input: String
  let output: String
  let layout: String

  init<Input, Output>(_ input: Input.Type, _ output: Output.Type) {
    // Without their modules and contexts: those of private types hold an address, another one in each process.
    self.input = "\(input)"
    self.output = "\(output)"
    layout =
      "\(MemoryLayout<Input>.size),\(MemoryLayout<Input>.stride),\(MemoryLayout<Input>.alignment)"
      + ",\(MemoryLayout<Output>.size),\(MemoryLayout<Output>.stride),\(MemoryLayout<Output>.alignment)"
  }
}

/// The functions of a driver, as far as another process can tell them.
struct DriverSignature: Equatable {
  struct Entry: Equatable {
    var name: String
    var input: String
    var output: String
    var layout: String
    /// Where it is written; empty for a program other than this one, whose source may be.
    var site: String
  }

  var entries: [Entry]

  init(_ functions: [(name: String, registration: FunctionRegistration)], sites: Bool) {
    entries = functions.map { function in
      let types = function.registration.types
      return Entry(
        name: function.name.filter { !isSeparator($0) }, input: types.input, output: types.output,
        layout: types.layout, site: sites ? function.registration.site.key : "")
    }
  }

  /// Reads what `text` wrote; nil for anything else.
  init?(_ text: Substring) {
    entries = []
    for line in text.split(separator: lineEnd, omittingEmptySubsequences: true) {
      let fields = line.split(separator: fieldEnd, omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 5 else { return nil }
      entries.append(
        Entry(name: fields[0], input: fields[1], output: fields[2], layout: fields[3], site: fields[4]))
    }
  }

  var text: String {
    entries.map { entry in
      [entry.name, entry.input, entry.output, entry.layout, entry.site].joined(separator: "\(fieldEnd)")
        + "\(lineEnd)"
    }.joined()
  }

  /// As one of several in a report.
  var report: String { "\(text)\(reportEnd)" }

  static func reports(in text: String) -> [DriverSignature] {
    text.split(separator: reportEnd).compactMap { DriverSignature($0) }
  }

  /// What is wrong with the drivers that a program made instead of this one, in a sentence; the one that is most like
  /// it is taken for it.
  func difference(to others: [DriverSignature], in program: String) -> String {
    let wanted = Set(entries.map(\.name))
    func likeness(_ other: DriverSignature) -> Int { other.entries.count { wanted.contains($0.name) } }
    guard let other = others.max(by: { likeness($0) < likeness($1) }) else {
      return "\(program) made no driver at all."
    }
    let present = Set(other.entries.map(\.name))
    let missing = entries.filter { !present.contains($0.name) }.map { quoted($0.name) }
    let surplus = other.entries.filter { !wanted.contains($0.name) }.map { quoted($0.name) }
    if !missing.isEmpty {
      let has = surplus.isEmpty ? "" : "; it has \(surplus.joined(separator: ", "))"
      return "\(program) has no function \(missing.joined(separator: ", "))\(has)."
    }
    if !surplus.isEmpty {
      return "\(program) has a function \(surplus.joined(separator: ", ")) beside those of this driver."
    }
    for entry in entries {
      guard let match = other.entries.first(where: { $0.name == entry.name }), match != entry else {
        continue
      }
      if (match.input, match.output) != (entry.input, entry.output) {
        return
          "The function \(quoted(entry.name)) of \(lowercasedFirst(program)) takes \(match.input) and returns "
          + "\(match.output), where this one takes \(entry.input) and returns \(entry.output)."
      }
      return
        "The types \(entry.input) and \(entry.output) of the function \(quoted(entry.name)) have other sizes in "
        + "\(lowercasedFirst(program))."
    }
    if other.entries != entries {
      return "\(program) has the functions of this driver in another order: "
        + "\(other.entries.map { quoted($0.name) }.joined(separator: ", "))."
    }
    return
      "\(program) made a driver with these functions \(others.count { $0 == self }) times, and none after that."
  }
}

extension CallSite {
  fileprivate var key: String { "\(fileID):\(line):\(column)" }
}

private let fieldEnd: Character = "\u{1F}"
private let lineEnd: Character = "\u{1E}"
private let reportEnd: Character = "\u{1D}"

private func isSeparator(_ character: Character) -> Bool {
  [fieldEnd, lineEnd, reportEnd].contains(character)
}

private func quoted(_ name: String) -> String { "\"\(name)\"" }

private func lowercasedFirst(_ sentence: String) -> String {
  sentence.prefix(1).lowercased() + sentence.dropFirst()
}
