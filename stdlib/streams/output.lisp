(in-package "ROOK-KERNEL")

;;;; Output of characters, strings and bytes. The % workers take a stream, not a designator.

(defun %write-char (char stream)
  (if (%native-p stream)
      (%primitive stream-write-char stream char)
      (%write-char-to-target char (%output-target stream)))
  char)

(defun %write-char-to-target (char target)
  (cond ((%native-p target) (%primitive stream-write-char target char))
        ((eq (%composite-type target) :broadcast)
         (dolist (part (%composite-parts target)) (%write-char char part)))
        ((eq (%composite-type target) :pretty)
         (%pretty-write-char (%composite-parts target) char))
        (t (%user-stream-call 'write-char target char))))

(defun %write-string (string stream start end)
  ;; STRING is a simple string, START and END are good.
  (let ((target (%output-target stream)))
    (cond ((%native-p target) (%primitive stream-write-string target string start end))
          ((eq (%composite-type target) :broadcast)
           (dolist (part (%composite-parts target)) (%write-string string part start end)))
          ((eq (%composite-type target) :pretty)
           (%pretty-write-string (%composite-parts target) string start end))
          (t (%user-stream-call 'write-string target string start end)))
    string))

(defun %write-simple-string (string stream)
  (%write-string string stream 0 (length string)))

(defun %stream-column (stream)
  ;; Number of characters since the start of the line, or NIL when it is not known.
  (let ((target (%output-target stream)))
    (cond ((%native-p target) (%primitive stream-column target))
          ((eq (%composite-type target) :broadcast)
           (let ((parts (%composite-parts target)))
             (if parts (%stream-column (first (last parts))) 0)))
          ((eq (%composite-type target) :pretty) (%pretty-column (%composite-parts target)))
          (t (%user-stream-call 'stream-column target)))))

(defun %stream-fresh-line (stream)
  ;; True when a newline was written.
  (if (eql 0 (%stream-column stream))
      nil
      (progn (%write-char #\Newline stream) t)))

(defun write-char (character &optional stream)
  (unless (characterp character)
    (error 'type-error :datum character :expected-type 'character))
  (%write-char character (%output-stream stream)))

(defun %simple-part (string start end)
  ;; A simple string with bounds that holds the characters START to END of STRING.
  (unless (stringp string)
    (error 'type-error :datum string :expected-type 'string))
  (let* ((length (length string))
         (end (or end length)))
    (unless (and (integerp end) (<= 0 end length))
      (error 'ext:index-out-of-bounds :datum end :sequence string
                                      :expected-type (list 'integer 0 length)))
    (unless (and (integerp start) (<= 0 start end))
      (error 'ext:index-out-of-bounds :datum start :sequence string
                                      :expected-type (list 'integer 0 end)))
    (if (simple-string-p string)
        (values string start end)
        (values (%simple-string (subseq string start end)) 0 (- end start)))))

(defun write-string (string &optional stream &key (start 0) end)
  (multiple-value-bind (simple start end) (%simple-part string start end)
    (%write-string simple (%output-stream stream) start end))
  string)

(defun write-line (string &optional stream &key (start 0) end)
  (let ((stream (%output-stream stream)))
    (multiple-value-bind (simple start end) (%simple-part string start end)
      (%write-string simple stream start end))
    (%write-char #\Newline stream))
  string)

(defun terpri (&optional stream)
  (%write-char #\Newline (%output-stream stream))
  nil)

(defun fresh-line (&optional stream)
  (%stream-fresh-line (%output-stream stream)))

;;; Buffers.

(defun %for-each-output (operation stream)
  (let ((target (%output-target stream)))
    (cond ((%native-p target)
           (case operation
             (clear-output (%primitive stream-clear-output target))
             (t (%primitive stream-flush target))))
          ((eq (%composite-type target) :broadcast)
           (dolist (part (%composite-parts target)) (%for-each-output operation part)))
          ;; A block keeps its output until it ends.
          ((eq (%composite-type target) :pretty) nil)
          (t (%user-stream-call operation target)))
    nil))

(defun finish-output (&optional stream)
  (%for-each-output 'finish-output (%output-stream stream)))
(defun force-output (&optional stream)
  (%for-each-output 'force-output (%output-stream stream)))
(defun clear-output (&optional stream)
  (%for-each-output 'clear-output (%output-stream stream)))

;;; Bytes and sequences.

(defun write-byte (byte stream)
  (let ((target (%output-target stream)))
    (cond ((%native-p target) (%primitive stream-write-byte target byte))
          ((eq (%composite-type target) :broadcast)
           (dolist (part (%composite-parts target)) (write-byte byte part)))
          (t (%user-stream-call 'write-byte target byte)))
    byte))

(defun %character-stream-p (stream)
  (let ((type (stream-element-type stream)))
    (or (%memq type '(character base-char standard-char extended-char t :default))
        (eq type 'string-char))))

(defun %check-bounds (sequence start end)
  (let ((length (length sequence)))
    (unless (and (integerp end) (<= 0 end length))
      (error 'ext:index-out-of-bounds :datum end :sequence sequence
                                      :expected-type (list 'integer 0 length)))
    (unless (and (integerp start) (<= 0 start end))
      (error 'ext:index-out-of-bounds :datum start :sequence sequence
                                      :expected-type (list 'integer 0 end)))))

(defun write-sequence (sequence stream &key (start 0) end)
  (if (stringp sequence)
      (write-string sequence stream :start start :end end)
      (let ((characters (and (%stream-object-p stream) (%character-stream-p stream)))
            (end (or end (length sequence))))
        (%check-bounds sequence start end)
        (if (listp sequence)
            (let ((rest (nthcdr start sequence)))
              (dotimes (i (- end start))
                (%write-element (pop rest) stream characters)))
            (do ((i start (1+ i)))
                ((>= i end))
              (%write-element (aref sequence i) stream characters)))))
  sequence)

(defun %write-element (element stream characters)
  (if (and characters (characterp element))
      (%write-char element stream)
      (write-byte element stream)))
