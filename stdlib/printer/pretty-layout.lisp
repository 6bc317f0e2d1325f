(in-package "ROOK-KERNEL")

;;;; Layout of pretty-printed output. What is written inside the outermost logical block is kept as
;;;; tokens; when that block ends, its lines are broken with all of it in view.
;;;;
;;;; A token is a string (text without newlines) or a simple vector whose first element is its kind:
;;;;   #(:newline KIND DEPTH END)     KIND is :LINEAR, :FILL, :MISER, :MANDATORY or :LITERAL
;;;;   #(:start PREFIX DEPTH END SUFFIX LAST)   PREFIX is a per-line prefix or NIL, LAST the block's end
;;;;   #(:end)
;;;;   #(:indent RELATIVE-TO N)
;;;;   #(:tab KIND COLUMN INCREMENT)
;;;; END is where the section that the token starts ends: the index of the next newline that is
;;;; no deeper than the token.

(defmacro %token-kind (token) `(svref ,token 0))
(defun %token-is-p (token kind)
  (and (simple-vector-p token) (eq (svref token 0) kind)))

(defun %hard-newline-p (token)
  (and (%token-is-p token :newline) (if (%memq (svref token 1) '(:mandatory :literal)) t nil)))

(defun %set-section-ends (tokens)
  ;; Fills in END of newlines and starts, and LAST of starts.
  (let ((pending '()) (starts '()) (length (length tokens)))
    (flet ((end-sections (depth index)
             (do () ((or (null pending) (< (svref (first pending) 2) depth)))
               (setf (svref (pop pending) 3) index))))
      (dotimes (i length)
        (let ((token (svref tokens i)))
          (when (simple-vector-p token)
            (case (%token-kind token)
              (:newline (end-sections (svref token 2) i)
               (push token pending))
              (:start (push token pending)
               (push token starts))
              (:end (setf (svref (pop starts) 5) i))))))
      (end-sections 0 length))))

(defun %running-sums (tokens function)
  ;; A vector whose element i is the sum of FUNCTION over the first i tokens.
  (let ((sums (make-array (1+ (length tokens)) :initial-element 0)) (sum 0))
    (dotimes (i (length tokens) sums)
      (incf sum (funcall function (svref tokens i)))
      (setf (svref sums (1+ i)) sum))))

(defun %tab-width (token column section-column)
  ;; Number of spaces for a tab at COLUMN.
  (let* ((kind (svref token 1)) (target (svref token 2)) (increment (svref token 3))
         (here (if (%memq kind '(:section :section-relative)) (- column section-column) column)))
    (if (%memq kind '(:line :section))
        (cond ((< here target) (- target here))
              ((plusp increment) (- increment (rem (- here target) increment)))
              (t 0))
        (let ((excess (if (plusp increment) (rem (+ here target) increment) 0)))
          (if (plusp excess) (+ target (- increment excess)) target)))))

(defun %flat-column (tokens start end column section-column)
  ;; The column after tokens START to END on one line, from COLUMN.
  (let ((sections (list section-column)))
    (do ((i start (1+ i)))
        ((>= i end) column)
      (let ((token (svref tokens i)))
        (if (stringp token)
            (incf column (length token))
            (case (%token-kind token)
              (:tab (incf column (%tab-width token column (first sections))))
              (:newline (setf (first sections) column))
              (:start (push column sections))
              (:end (when (rest sections) (pop sections)))))))))

;;; A block whose lines are being broken. SECTION-LINE is the line on which its current section starts,
;;; PREFIX-END where its per-line prefixes end, SUFFIX its suffix and those of the blocks around it.
(defstruct (%block (:constructor %make-block (column section-column section-line indentation
                                              prefix-end suffix)))
  column section-column section-line indentation prefix-end suffix)

(defun %write-layout (tokens stream start-column)
  ;; Writes TOKENS, a simple vector, to STREAM, whose column is START-COLUMN.
  (%set-section-ends tokens)
  (let* ((widths (%running-sums tokens (lambda (token) (if (stringp token) (length token) 0))))
         (hard (%running-sums tokens (lambda (token) (if (%hard-newline-p token) 1 0))))
         (tabs (%running-sums tokens (lambda (token) (if (%token-is-p token :tab) 1 0))))
         (margin (or *print-right-margin* 80))
         (column start-column)
         (line-number 0)
         ;; The text of the current line that has not been written: strings in reverse order.
         (line '())
         ;; What lines begin with.
         (prefix (make-array 80 :element-type 'character :fill-pointer 0 :adjustable t))
         (blocks (list (%make-block 0 start-column 0 0 0 ""))))
    (labels ((block-now () (first blocks))
             (emit (text)
               (push text line)
               (incf column (length text)))
             (miser-p ()
               (and *print-miser-width*
                    (rest blocks)
                    (<= (- margin (%block-column (block-now))) *print-miser-width*)))
             (fits-p (from end)
               (and (= (svref hard from) (svref hard end))
                    (<= (if (= (svref tabs from) (svref tabs end))
                            (+ column (- (svref widths end) (svref widths from)))
                            (%flat-column tokens from end column
                                          (%block-section-column (block-now))))
                        (if (and *print-lines* (= *print-lines* (1+ line-number)))
                            (- margin 3 (length (%block-suffix (block-now))))
                            margin))))
             (indent-to (target)
               (let* ((now (block-now))
                      (target (max target (%block-prefix-end now))))
                 (%pad-prefix prefix (%block-indentation now) target)
                 (setf (%block-indentation now) target)))
             (open-block (token)
               (let ((now (block-now)))
                 (push (%make-block column column line-number (%block-indentation now)
                                    (%block-prefix-end now)
                                    (concatenate 'string (svref token 4) (%block-suffix now)))
                       blocks)
                 (indent-to column)
                 (when (svref token 1)
                   (setf (%block-prefix-end (block-now)) column)
                   (replace prefix (svref token 1) :start1 (- column (length (svref token 1)))))))
             (write-line-text (text)
               (%write-simple-string (coerce text 'simple-string) stream))
             (break-line (kind)
               ;; False when *PRINT-LINES* ends the output here.
               (let ((text (%joined-strings line)))
                 (write-line-text (if (eq kind :literal) text (string-right-trim " " text)))
                 (incf line-number)
                 (cond ((and *print-lines* (not *print-readably*) (>= line-number *print-lines*))
                        (write-line-text " ..")
                        (write-line-text (%block-suffix (block-now)))
                        nil)
                       (t
                        (%write-char #\Newline stream)
                        (let ((start (subseq prefix 0 (if (eq kind :literal)
                                                          (%block-prefix-end (block-now))
                                                          (%block-indentation (block-now))))))
                          (setq line (list start) column (length start))
                          (unless (eq kind :literal)
                            (setf (%block-section-column (block-now)) column
                                  (%block-section-line (block-now)) line-number)))
                        t))))
             (break-p (token index)
               (case (svref token 1)
                 ((:mandatory :literal :linear) t)
                 (:miser (miser-p))
                 (t (or (miser-p)
                        (> line-number (%block-section-line (block-now)))
                        (not (fits-p index (svref token 3))))))))
      (do ((i 0 (1+ i)))
          ((>= i (length tokens)) (write-line-text (%joined-strings line)))
        (let ((token (svref tokens i)))
          (if (stringp token)
              (emit token)
              (case (%token-kind token)
                (:newline
                 (if (break-p token i)
                     (unless (break-line (svref token 1)) (return nil))
                     (setf (%block-section-column (block-now)) column)))
                (:start
                 (if (fits-p i (svref token 3))
                     (setq i (%emit-flat tokens (1+ i) (svref token 5) column #'emit))
                     (open-block token)))
                (:end (pop blocks))
                (:indent
                 (unless (miser-p)
                   (indent-to (+ (svref token 2)
                                 (if (eq (svref token 1) :block)
                                     (%block-column (block-now))
                                     column)))))
                (:tab
                 (emit (make-string (%tab-width token column (%block-section-column (block-now)))
                                    :initial-element #\Space))))))))))

(defun %emit-flat (tokens start end column emit)
  ;; The contents of a block that fits on the line. Returns END.
  (do ((i start (1+ i)) (sections (list column)))
      ((>= i end) end)
    (let ((token (svref tokens i)))
      (cond ((stringp token)
             (funcall emit token)
             (incf column (length token)))
            (t (case (%token-kind token)
                 (:newline (setf (first sections) column))
                 (:start (push column sections))
                 (:end (pop sections))
                 (:tab (let ((width (%tab-width token column (first sections))))
                         (funcall emit (make-string width :initial-element #\Space))
                         (incf column width)))))))))

(defun %pad-prefix (prefix start end)
  (do () ((>= (fill-pointer prefix) end))
    (vector-push-extend #\Space prefix))
  (when (< start end) (fill prefix #\Space :start start :end end)))

(defun %joined-strings (strings)
  ;; STRINGS are in reverse order.
  (if (and strings (null (rest strings)))
      (first strings)
      (let ((result (make-string (reduce #'+ strings :key #'length))))
        (let ((end (length result)))
          (dolist (string strings result)
            (decf end (length string))
            (replace result string :start1 end))))))
