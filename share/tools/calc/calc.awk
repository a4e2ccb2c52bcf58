# calc.awk - makes a program for bc of ENVIRON["ARG_expression"].
#
# The expression is parsed here, not by bc: so nothing of bc but its arithmetic
# can be reached, -2^2 is -4 as it is everywhere else, and mistakes get a
# message that says where they are.
#
#	sum:   term, {+ or -, term}
#	term:  minus, {* or /, minus}
#	minus: {- or +}, power
#	power: atom, [^, minus]
#	atom:  number, pi, NAME(sum, ...), (sum)
#
# It is computed with ten digits more than `scale` and rounded.

function refuse(why)
{
	print why | "cat >&2"
	exit 65
}

# 1.5e3 as bc has it: all its digits, and the point where it belongs.
function plain(number, exponent,    point, digits)
{
	point = index(number, ".")
	digits = number
	sub(/\./, "", digits)
	if (!point)
		point = length(number) + 1
	point += exponent
	while (point < 1) {
		digits = "0" digits
		point++
	}
	while (length(digits) < point - 1)
		digits = digits "0"
	return substr(digits, 1, point - 1) "." substr(digits, point)
}

# The next token is in `token`, "" at the end; what it is in `kind`.
function next_token(    number, exponent)
{
	sub(/^[ \t\r\n]+/, "", rest)
	at = length(ENVIRON["ARG_expression"]) - length(rest) + 1
	token = kind = substr(rest, 1, 1)
	if (match(rest, /^([0-9]+\.?[0-9]*|\.[0-9]+)/)) {
		kind = "number"
		number = substr(rest, 1, RLENGTH)
		rest = substr(rest, RLENGTH + 1)
		RLENGTH = 0
		if (match(rest, /^[eE][-+]?[0-9]+/)) {
			exponent = substr(rest, 2, RLENGTH - 1) + 0
			if (exponent > 1000 || exponent < -1000)
				refuse("the exponent of a number goes from " \
					"-1000 to 1000")
			number = plain(number, exponent)
		} else
			RLENGTH = 0
		token = number
	} else if (match(rest, /^[A-Za-z_][A-Za-z_0-9]*/)) {
		kind = "name"
		token = tolower(substr(rest, 1, RLENGTH))
	} else if (match(rest, /^\*\*/)) {
		token = kind = "^"
	} else {
		RLENGTH = 1
		if (token == "%")
			refuse("for a remainder write mod(a, b); % is not known")
		if (token != "" && !index("+-*/^(),", token))
			unexpected()
	}
	rest = substr(rest, RLENGTH + 1)
}

function unexpected()
{
	if (token == "")
		refuse("the expression is not complete")
	refuse("this is not understood, at character " at ": " \
		substr(token, 1, 40))
}

function expect(what)
{
	if (token != what)
		unexpected()
	next_token()
}

function sum(    out, op)
{
	if (++depth > 30)
		refuse("too many parentheses within each other")
	out = term()
	while (token == "+" || token == "-") {
		op = token
		next_token()
		out = out op term()
	}
	depth--
	return out
}

function term(    out, op)
{
	out = minus()
	while (token == "*" || token == "/") {
		op = token
		next_token()
		out = out op minus()
	}
	return out
}

function minus(    negative)
{
	for (; token == "-" || token == "+"; next_token())
		if (token == "-")
			negative = !negative
	return negative ? "(0-" power() ")" : power()
}

function power(    base, exponent)
{
	base = atom()
	if (token != "^")
		return base
	if (++depth > 30)
		refuse("too many powers within each other")
	next_token()
	exponent = minus()
	depth--
	return "p(" base "," exponent ")"
}

function atom(    out, name, n)
{
	if (kind == "number") {
		out = token
		next_token()
	} else if (token == "(") {
		next_token()
		out = "(" sum() ")"
		expect(")")
	} else if (token == "pi") {
		next_token()
		out = "(4*a(1))"
	} else if (kind == "name") {
		name = token
		if (!(name in known))
			refuse("unknown name: " substr(name, 1, 40) "; there " \
				"are sqrt, abs, exp, ln, log10, sin, cos, " \
				"tan, atan, pow, mod and pi")
		next_token()
		expect("(")
		out = sum()
		for (n = 1; token == ","; n++) {
			next_token()
			out = out "," sum()
		}
		expect(")")
		if (n != (name == "pow" || name == "mod") + 1)
			refuse(name "() takes " \
				(name ~ /^(pow|mod)$/ ? "two values" : \
				"one value"))
		out = known[name] "(" out ")"
	} else
		unexpected()
	return out
}

BEGIN {
	known["sqrt"] = "q"
	known["sin"] = "s"
	known["cos"] = "c"
	known["tan"] = "t"
	known["atan"] = "a"
	known["ln"] = "n"
	known["exp"] = "e"
	known["abs"] = "v"
	known["log10"] = "d"
	known["pow"] = "p"
	known["mod"] = "m"

	rest = ENVIRON["ARG_expression"]
	if (length(rest) > 4000)
		refuse("the expression is too long: 4000 characters at most")
	next_token()
	out = sum()
	if (token != "")
		unexpected()

	# What bc answers without a word and wrongly, or not as we want to say
	# it, ends in a function that is not there: calc knows them by name.
	print "define q(x) { if (x < 0) return f(x)"
	print "return sqrt(x) }"
	print "define n(x) { if (x <= 0) return g(x)"
	print "return l(x) }"
	print "define t(x) { return s(x) / c(x) }"
	print "define v(x) { if (x < 0) return -x"
	print "return x }"
	print "define d(x) { return n(x) / n(10) }"
	print "define m(x, y) { auto b, r"
	print "b = scale"
	print "scale = 0"
	print "r = x % y"
	print "scale = b"
	print "return r }"
	print "define p(x, y) { auto b, i"
	print "b = scale"
	print "scale = 0"
	print "i = y / 1"
	print "scale = b"
	print "if (i == y) return x ^ i"
	print "if (x < 0) return h(x)"
	print "if (x == 0) { if (y > 0) return x }"
	print "return e(y * n(x)) }"
	print "define r(x) { auto b, k"
	print "k = 0.5 / 10 ^ " scale
	print "if (x < 0) k = -k"
	print "b = scale"
	print "scale = " scale
	print "x = (x + k) / 1"
	print "scale = b"
	print "return x }"
	print "scale = " scale + 10
	print "r(" out ")"
}
