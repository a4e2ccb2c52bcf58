# The question's number, from a request line on standard input: the last one
# in the last message; a blank between digits belongs to it (3 599).
{
	n = split($0, part, /"content": *"/)
	text = part[n]
	sub(/".*/, "", text)
	while (match(text, /[0-9]([0-9 ]*[0-9])?/)) {
		number = substr(text, RSTART, RLENGTH)
		text = substr(text, RSTART + RLENGTH)
	}
	gsub(/ /, "", number)
	print number
}
