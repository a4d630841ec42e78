"""What Python has and the condition language has not: what to call it, and what to write
instead."""

import ast

FOREIGN_OPERATORS: dict[type[ast.AST], tuple[str, str | None]] = {
    ast.Pow: ("**", None),
    ast.Mod: ("%", "ratios are written as 0.8 for 80 %"),
    ast.FloorDiv: ("//", "write /"),
    ast.BitAnd: ("&", "write and"),
    ast.BitOr: ("|", "write or"),
    ast.BitXor: ("^", None),
    ast.LShift: ("<<", None),
    ast.RShift: (">>", None),
    ast.MatMult: ("@", None),
    ast.Invert: ("~", "write not"),
    ast.UAdd: ("+ as a sign", "leave it out"),
    ast.Is: ("is", "write =="),
    ast.IsNot: ("is not", "write !="),
}
FOREIGN: dict[type[ast.expr], tuple[str, str | None]] = {
    ast.IfExp: ("if … else", "join conditions with and, or, not"),
    ast.Lambda: ("lambda", None),
    ast.NamedExpr: (":=", None),
    ast.JoinedStr: ("an f-text", None),
    ast.ListComp: ("a comprehension", None),
    ast.SetComp: ("a comprehension", None),
    ast.DictComp: ("a comprehension", None),
    ast.GeneratorExp: ("a comprehension", None),
    ast.Subscript: ("an index", None),
    ast.Starred: ("*", None),
    ast.Dict: ("{…}", "lists are written [a, b]"),
    ast.Set: ("{…}", "lists are written [a, b]"),
}
